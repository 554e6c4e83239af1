internal import Contract
internal import Primitives
internal import Synchronization

/// What the edge keeps of answers, for all loops of the process.
///
/// In shards, each behind a lock that is held for as long as a look-up takes: so one fill serves all loops and memory
/// is bounded once, where a cache for each loop would fill as often as there are loops.
final class EdgeCache: Sendable {
    typealias Machine = CacheMachine<FillWaiter>

    /// What requests that the contract lets be kept came to.
    enum Outcome: Int, CaseIterable {
        case hit, stale, bridged, collapsed, filled, revalidated, passed, bypassed, failed

        /// A closed set: they are labels.
        var label: String {
            switch self {
            case .hit: "hit"
            case .stale: "stale"
            case .bridged: "stale-on-error"
            case .collapsed: "collapsed"
            case .filled: "filled"
            case .revalidated: "revalidated"
            case .passed: "passed"
            case .bypassed: "bypassed"
            case .failed: "failed"
            }
        }
    }

    /// Why something was let go of.
    enum PurgeReason: Int, CaseIterable {
        case event, write, lost

        var label: String {
            switch self {
            case .event: "event"
            case .write: "write"
            case .lost: "lost"
            }
        }
    }

    private final class Shard: Sendable {
        let machine: Mutex<Machine>

        init(_ settings: Machine.Settings) {
            machine = Mutex(Machine(settings))
        }
    }

    /// A power of two.
    private static let shardsMax = 8
    private static let shardBytesMin = 4 << 20

    private let shards: [Shard]
    private let settings: Machine.Settings
    private let lastContact: @Sendable () -> Deadline?
    private let heardUntil = Atomic<UInt64>(0)
    private let refreshes = Atomic<Int>(0)
    private let tooLarge = Atomic<Int>(0)
    private let outcomes: [9 of Atomic<Int>] = InlineArray { _ in Atomic(0) }
    private let purgeCounts: [3 of Atomic<Int>] = InlineArray { _ in Atomic(0) }
    let orders: AsyncStream<FillOrder>
    private let orderSink: AsyncStream<FillOrder>.Continuation

    /// - Parameters:
    ///   - bytesMax: of all that is kept.
    ///   - lastContact: when all purges up to then had been heard of; nil for never.
    init(
        bytesMax: Int, settings: Machine.Settings = Machine.Settings(),
        lastContact: @escaping @Sendable () -> Deadline?
    ) {
        var settings = settings
        var count = Self.shardsMax
        while count > 1, bytesMax / count < Self.shardBytesMin { count /= 2 }
        settings.bytesMax = bytesMax / count
        // More is not kept, so that it is not even read whole.
        settings.answerBytesMax = min(settings.answerBytesMax, settings.bytesMax / 4)
        self.settings = settings
        shards = (0..<count).map { _ in Shard(settings) }
        self.lastContact = lastContact
        (orders, orderSink) = AsyncStream.makeStream()
    }

    /// Bytes of a body that is kept.
    var answerBytesMax: Int { settings.answerBytesMax }

    // MARK: Requests

    func look(_ key: CacheKey, at now: Deadline) -> Machine.Finding {
        let heard = heard(at: now)
        return shard(key).machine.withLock { $0.look(key, at: now, heardUntil: heard) { FillWaiter() } }
    }

    /// What may be given without asking.
    func peek(_ key: CacheKey, at now: Deadline) -> StoredAnswer? {
        let heard = heard(at: now)
        return shard(key).machine.withLock { $0.peek(key, at: now, heardUntil: heard) }
    }

    /// Whether an answer may stand in for a service that fails.
    func bridges(_ answer: StoredAnswer, of key: CacheKey, at now: Deadline) -> Bool {
        let heard = heard(at: now)
        return shard(key).machine.withLock { $0.bridges(answer, of: key, at: now, heardUntil: heard) }
    }

    /// Waits for another's fill. That is begun by an older request, or handed on to one, so that it ends no later than
    /// the waiting request's own time.
    func wait(_ waiter: FillWaiter, at place: FillPlace) async -> FillWaiter.Word {
        await withTaskCancellationHandler {
            await waiter.wait()
        } onCancel: {
            if leave(place) { waiter.tell(.left) }
        }
    }

    /// Waits no more.
    ///
    /// - Returns: false where the waiter is being told.
    func leave(_ place: FillPlace) -> Bool {
        shard(place.fill.key).machine.withLock { $0.leave(place) }
    }

    /// - Returns: whether the answer is kept.
    func keep(_ answer: StoredAnswer, _ ticket: FillTicket) -> Bool {
        let (waiters, isKept) = settle(ticket, .keep(answer))
        for waiter in waiters { waiter.tell(.answer(answer)) }
        return isKept
    }

    /// The answer is not to be kept: those who wait ask for themselves, all at once.
    func pass(_ ticket: FillTicket) {
        for waiter in settle(ticket, .pass).waiters { waiter.tell(.pass) }
    }

    func fail(_ ticket: FillTicket, _ problem: Problem) {
        for waiter in settle(ticket, .fail).waiters { waiter.tell(.failed(problem)) }
    }

    func abandon(_ ticket: FillTicket) {
        shard(ticket.key).machine.withLock { $0.abandon(ticket) }?.tell(.heir(ticket))
    }

    private func settle(_ ticket: FillTicket, _ result: Machine.Result) -> (waiters: [FillWaiter], isKept: Bool) {
        shard(ticket.key).machine.withLock { $0.settle(ticket, result, at: .now) }
    }

    // MARK: Asking behind stale answers

    /// - Returns: false where too much is being asked for already; another request will try again.
    func order(_ order: FillOrder) -> Bool {
        guard refreshes.wrappingAdd(1, ordering: .relaxed).newValue <= settings.refreshesMax else {
            refreshes.wrappingSubtract(1, ordering: .relaxed)
            abandon(order.ticket)
            return false
        }
        orderSink.yield(order)
        return true
    }

    func orderEnded() { refreshes.wrappingSubtract(1, ordering: .relaxed) }

    // MARK: Letting go

    /// - Returns: how many answers went.
    @discardableResult
    func purge(_ tags: [CacheTag], _ reason: PurgeReason) -> Int {
        guard !tags.isEmpty else { return 0 }
        count(reason)
        let hashes = tags.map(\.hash)
        return shards.reduce(0) { count, shard in count + shard.machine.withLock { $0.purge(hashes) } }
    }

    func purgeEverything(_ reason: PurgeReason) {
        count(reason)
        for shard in shards { shard.machine.withLock { $0.purgeEverything() } }
    }

    // MARK: Counting

    func count(_ outcome: Outcome) { outcomes[outcome.rawValue].wrappingAdd(1, ordering: .relaxed) }
    /// An answer was not read, since its body is too large to be kept.
    func countTooLarge() { tooLarge.wrappingAdd(1, ordering: .relaxed) }
    private func count(_ reason: PurgeReason) { purgeCounts[reason.rawValue].wrappingAdd(1, ordering: .relaxed) }

    subscript(outcome: Outcome) -> Int { outcomes[outcome.rawValue].load(ordering: .relaxed) }
    subscript(reason: PurgeReason) -> Int { purgeCounts[reason.rawValue].load(ordering: .relaxed) }

    /// The sum of what `read` gives for each shard.
    func sum(_ read: (Machine) -> Int) -> Int {
        shards.reduce(0) { sum, shard in sum + shard.machine.withLock { read($0) } }
    }

    /// Answers that were too large to be kept.
    var tooLargeCount: Int { tooLarge.load(ordering: .relaxed) + sum { $0.shelf.refusals } }

    /// How long purges may have gone by unheard; nil for ever since the start.
    var silence: Duration? {
        lastContact().map { contact in
            .nanoseconds(Int64(clamping: Deadline.now.nanoseconds) - Int64(clamping: contact.nanoseconds))
        }
    }

    private func heard(at now: Deadline) -> Deadline {
        let known = Deadline(nanoseconds: heardUntil.load(ordering: .relaxed))
        if now < known { return known }
        guard let until = lastContact()?.advanced(by: settings.silenceMax) else { return known }
        heardUntil.store(until.nanoseconds, ordering: .relaxed)
        return until
    }

    private func shard(_ key: CacheKey) -> Shard {
        shards.count == 1 ? shards[0] : shards[key.digest & (shards.count - 1)]
    }
}
