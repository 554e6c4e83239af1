/// How a service's events are carried.
package struct EventsSettings: Sendable {
    /// How often an event may fail before it is put aside.
    package var attemptsMax = 12
    /// How long events are kept for replay once every consumer has them.
    package var retention = Duration.seconds(7 * 86_400)
    /// About how many events of a topic wait in Redis; the rest waits in PostgreSQL.
    package var waitingMax = 100_000

    package init() {}

    package static let attemptsSetting = Setting(
        "events.attempts-max", default: 12, in: 1...100, "How often an event may fail before it is put aside.")
    package static let retentionSetting = Setting(
        "events.retention-days", default: 7, in: 1...365,
        "How long events can be replayed once every consumer has them, in days.")
    package static let waitingSetting = Setting(
        "events.waiting-max", default: 100_000, in: 1_000...10_000_000,
        "About how many events of a topic wait in Redis for their consumers; the rest waits in PostgreSQL.")

    package init(_ settings: Settings) {
        attemptsMax = settings(Self.attemptsSetting)
        retention = .seconds(settings(Self.retentionSetting) * 86_400)
        waitingMax = settings(Self.waitingSetting)
    }

    /// An event may come again as long as some consumer has not acknowledged it, so that what has taken effect is
    /// remembered for much longer than it is kept.
    var inboxRetention: Duration { retention + .seconds(30 * 86_400) }
}
