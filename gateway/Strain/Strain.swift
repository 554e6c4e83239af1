internal import Contract
internal import Primitives
internal import Synchronization
internal import Transport

/// How much more there is to do than can be done, for all who ask: one word that requests read, set by looks at the
/// event loops.
final class Strain: Sendable {
    /// How often the loops are looked at.
    static let lookInterval: Duration = .milliseconds(100)

    private let machine: Mutex<StrainMachine>
    private let word = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)
    private let changed: @Sendable (StrainMachine.Level) -> Void

    /// - Parameter changed: hears of every change of the level.
    init(_ settings: StrainMachine.Settings, changed: @escaping @Sendable (StrainMachine.Level) -> Void = { _ in }) {
        machine = Mutex(StrainMachine(settings))
        self.changed = changed
    }

    var level: StrainMachine.Level { .init(rawValue: word.load(ordering: .relaxed)) ?? .calm }

    var isStrained: Bool { level != .calm }

    var requestsInFlight: Int { requests.load(ordering: .relaxed) }

    /// Whether a request that matters so much is to be refused.
    func sheds(_ criticality: Policy.Criticality) -> Bool {
        let level = level
        return level > .strained && level.sheds(criticality)
    }

    func note(_ sight: LoopSight) {
        let (level, inFlight) = machine.withLock { machine in
            machine.note(sight)
            return (machine.level, machine.requestsInFlight)
        }
        requests.store(inFlight, ordering: .relaxed)
        guard word.exchange(level.rawValue, ordering: .relaxed) != level.rawValue else { return }
        changed(level)
    }
}
