internal import Primitives

/// What the driver's thread holds for one `Database`.
final class DatabaseState {
    let configuration: PostgresConfiguration
    let shared: SharedPool
    let leases: LeasePool
    let listeners: ListenerHub
    let tally: Tally
    private let statisticsBox: StatisticsBox
    private let loop: DriverLoop
    private var closingAt: Deadline?
    private var whenClosed: [Answer<Void>] = []
    private(set) var isClosed = false

    init(
        _ configuration: PostgresConfiguration, _ statisticsBox: StatisticsBox,
        _ observe: @escaping @Sendable (PostgresObservation) -> Void, loop: DriverLoop
    ) {
        self.configuration = configuration
        self.statisticsBox = statisticsBox
        self.loop = loop
        tally = Tally(observe)
        shared = SharedPool(configuration, tally, loop: loop)
        leases = LeasePool(configuration, tally, loop: loop)
        listeners = ListenerHub(configuration, tally, loop: loop)
    }

    var nextDeadline: Deadline? {
        earlier(earlier(shared.nextDeadline, leases.nextDeadline), earlier(listeners.nextDeadline, closingAt))
    }

    /// Once each turn of the loop.
    func tick() {
        shared.tick()
        leases.tick()
        listeners.tick()
        if let closingAt, closingAt <= loop.now || shared.isQuiet && leases.isQuiet { finishClosing() }
        publish()
    }

    func close(grace: Duration, _ done: Answer<Void>?) {
        if let done { whenClosed.append(done) }
        let deadline = loop.now.advanced(by: grace)
        closingAt = closingAt.map { min($0, deadline) } ?? deadline
        shared.stopTaking()
        leases.stopTaking()
        listeners.close()
    }

    private func finishClosing() {
        shared.close()
        leases.close()
        isClosed = true
        publish()
        for done in whenClosed { done.give(()) }
    }

    private func publish() {
        var statistics = tally.counts
        shared.fill(&statistics)
        leases.fill(&statistics)
        guard statistics != tally.published else { return }
        tally.published = statistics
        statisticsBox.publish(statistics)
    }
}

/// The counters that pools and connections of one database share.
final class Tally {
    var counts = PostgresStatistics()
    var published = PostgresStatistics()
    let observe: @Sendable (PostgresObservation) -> Void

    init(_ observe: @escaping @Sendable (PostgresObservation) -> Void) {
        self.observe = observe
    }

    func waited(since: Deadline, now: Deadline) {
        counts.waits += 1
        counts.waitedMicroseconds += Int64(clamping: (max(now, since).nanoseconds - since.nanoseconds) / 1000)
    }
}

/// Grows from failure to failure, with full jitter above the smallest delay (so that a fleet does not come back at
/// once).
struct Backoff {
    private let delayMin: Duration
    private let delayMax: Duration
    private(set) var failures = 0

    init(_ configuration: PostgresConfiguration) {
        delayMin = configuration.reconnectDelayMin
        delayMax = configuration.reconnectDelayMax
    }

    mutating func reset() {
        failures = 0
    }

    mutating func next() -> Duration {
        let ceiling = min(delayMin * (1 << min(failures, 16)), delayMax)
        failures += 1
        let spread = max((ceiling - delayMin).wholeMicroseconds, 0)
        return delayMin + .microseconds(Int64.random(in: 0...spread))
    }
}
