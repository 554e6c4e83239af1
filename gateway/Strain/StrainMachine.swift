internal import Contract
internal import Primitives
internal import Transport

/// Judges how much more there is to do than can be done, by how late the event loops are and how many requests are in
/// flight.
///
/// A value without I/O: sights in, a level out. Lateness counts as in CoDel (RFC 8289): not its height but that it does
/// not go away, so that a burst which is worked off costs nobody an answer. For as long as the *least* delay of an
/// interval is above the target the level rises by one each interval, and falls by one each that is below half of it.
/// Requests in flight set a level of their own at once.
struct StrainMachine: Sendable {
    struct Settings: Sendable {
        /// How late a loop may be; zero does not look at it.
        var delayMax: Duration = .milliseconds(100)
        var interval: Duration = .milliseconds(500)
        var requestsMax = 10_000
        /// Of `requestsMax`, so many per cent from which each level begins.
        var strainedPercent = 60
        var shedsSheddablePercent = 70
        var shedsNormalPercent = 85
    }

    /// What is done about it; each does all that those before it do.
    enum Level: Int, Sendable, CaseIterable, Comparable {
        case calm
        /// Not ready, and clients may open fewer streams; everything is answered.
        case strained
        case shedsSheddable
        case shedsNormal
        /// No room at all.
        case shedsAll

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

        func sheds(_ criticality: Policy.Criticality) -> Bool {
            switch criticality {
            case .sheddable: self >= .shedsSheddable
            case .normal: self >= .shedsNormal
            case .critical: self >= .shedsAll
            }
        }
    }

    private struct Loop {
        /// The least delay of this interval; nil before the first look.
        var delayMin: Duration?
        var requests = 0
        var seenAt: Deadline
    }

    private let settings: Settings
    private var loops: [Int: Loop] = [:]
    private var intervalEndsAt: Deadline?
    private var delayLevel = Level.calm

    init(_ settings: Settings) {
        self.settings = settings
    }

    var requestsInFlight: Int { loops.values.reduce(0) { $0 + $1.requests } }

    var level: Level { max(delayLevel, flightLevel) }

    mutating func note(_ sight: LoopSight) {
        var loop = loops[sight.index] ?? Loop(seenAt: sight.seenAt)
        loop.delayMin = min(loop.delayMin ?? sight.delay, sight.delay)
        loop.requests = sight.requestsInFlight
        loop.seenAt = sight.seenAt
        loops[sight.index] = loop
        let endsAt = intervalEndsAt ?? sight.seenAt.advanced(by: settings.interval)
        intervalEndsAt = endsAt
        if sight.seenAt >= endsAt { endInterval(sight.seenAt) }
    }

    private mutating func endInterval(_ now: Deadline) {
        intervalEndsAt = now.advanced(by: settings.interval)
        guard settings.delayMax > .zero else { return }
        // A loop that was not seen at all is stuck since it was.
        let worst = loops.values.map { $0.delayMin ?? now.since($0.seenAt) }.max() ?? .zero
        for index in loops.keys { loops[index]?.delayMin = nil }
        if worst > settings.delayMax {
            delayLevel = Level(rawValue: delayLevel.rawValue + 1).map { min($0, .shedsNormal) } ?? .shedsNormal
        } else if worst < settings.delayMax / 2 {
            delayLevel = Level(rawValue: delayLevel.rawValue - 1) ?? .calm
        }
    }

    private var flightLevel: Level {
        switch requestsInFlight * 100 / max(1, settings.requestsMax) {
        case ..<settings.strainedPercent: .calm
        case ..<settings.shedsSheddablePercent: .strained
        case ..<settings.shedsNormalPercent: .shedsSheddable
        case ..<100: .shedsNormal
        default: .shedsAll
        }
    }
}
