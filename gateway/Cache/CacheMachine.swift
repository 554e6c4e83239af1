internal import Primitives

/// The right to fill one key, and the duty to settle or abandon it.
struct FillTicket: Sendable, Hashable {
    let id: UInt64
    let key: CacheKey
}

/// Where one waits for a fill.
struct FillPlace: Sendable, Hashable {
    let fill: FillTicket
    let number: Int
}

/// What one shard of the cache keeps, who fills what, who waits for it, and what was let go of. Pure: it neither asks
/// nor waits, and is told the time.
struct CacheMachine<Waiter: AnyObject> {
    struct Settings: Sendable {
        /// Bytes of what is kept.
        var bytesMax = 8 << 20
        /// Bytes of a body that is kept.
        var answerBytesMax = 1 << 20
        /// Requests that wait for others' fills.
        var waitersMax = 4096
        /// Answers that are asked for behind stale ones at a time, in all shards.
        var refreshesMax = 64
        /// For how long nobody waits for a key whose answer could not be kept.
        var passFor: Duration = .seconds(5)
        /// For how long a service is left alone, for this key, that failed while there was something to give.
        var restFor: Duration = .seconds(1)
        /// How long purges may have been unheard of before what they could name has to be asked for anew.
        var silenceMax: Duration = .seconds(3)
    }

    enum Finding {
        case fresh(StoredAnswer)
        /// To be given; with a ticket, it is to be asked for behind it.
        case stale(StoredAnswer, refresh: FillTicket?)
        /// To be given, since the service failed a moment ago.
        case bridged(StoredAnswer)
        /// To be asked for. What is known may be revalidated.
        case fill(FillTicket, known: StoredAnswer?)
        /// Somebody asks for it already.
        case wait(Waiter, at: FillPlace, known: StoredAnswer?)
        /// To be asked for without anybody waiting: its answers are not kept.
        case pass
        /// Too many wait.
        case full
    }

    /// How a fill ended.
    enum Result {
        case keep(StoredAnswer)
        /// The service answered what is not kept.
        case pass
        case fail
    }

    private struct Fill {
        let key: CacheKey
        /// Purges that had been heard of when the service was asked.
        var began: UInt64
        var queue = Queue()
    }

    /// Those who wait for a fill, in the order in which they came. Each has a number, so that one that leaves is found
    /// without looking at the others: clients can have thousands leave at once.
    private struct Queue {
        private var waiters: [Int: Waiter] = [:]
        private var numbers = 0..<0

        var count: Int { waiters.count }
        var all: [Waiter] { numbers.compactMap { waiters[$0] } }

        mutating func append(_ waiter: Waiter) -> Int {
            // Where nobody is left, those who have gone need not be counted past.
            if waiters.isEmpty { numbers = numbers.upperBound..<numbers.upperBound }
            let number = numbers.upperBound
            waiters[number] = waiter
            numbers = numbers.lowerBound..<number + 1
            return number
        }

        mutating func remove(_ number: Int) -> Waiter? { waiters.removeValue(forKey: number) }

        /// Each number is passed once.
        mutating func removeFirst() -> Waiter? {
            while let number = numbers.first {
                numbers = number + 1..<numbers.upperBound
                if let waiter = waiters.removeValue(forKey: number) { return waiter }
            }
            return nil
        }
    }

    let settings: Settings
    private(set) var shelf: CacheShelf
    private var purges = PurgeMemory()
    private var fills: [UInt64: Fill] = [:]
    /// The fill that newcomers wait for.
    private var latest: [CacheKey: UInt64] = [:]
    private var lastID: UInt64 = 0
    private(set) var waiting = 0

    init(_ settings: Settings) {
        self.settings = settings
        shelf = CacheShelf(bytesMax: settings.bytesMax)
    }

    var fillsInFlight: Int { fills.count }

    // MARK: Looking

    /// - Parameters:
    ///   - heardUntil: until when what is kept counts as not purged: some time after purges were last heard of.
    ///   - join: makes the waiter, where one is needed.
    mutating func look(_ key: CacheKey, at now: Deadline, heardUntil: Deadline, join: () -> Waiter) -> Finding {
        var known: StoredAnswer?
        switch shelf.use(key) {
        case (.pass(let until), _)? where now < until: return .pass
        case (.pass, _)?, nil: break
        case (.answer(let answer), let restsUntil)?:
            switch standing(of: answer, at: now, heardUntil: heardUntil) {
            case .fresh: return .fresh(answer)
            case .revalidating:
                let mayAsk = now >= restsUntil && current(key) == nil
                return .stale(answer, refresh: mayAsk ? begin(key) : nil)
            case .bridging where now < restsUntil: return .bridged(answer)
            case .bridging, .expired: known = answer
            }
        }
        guard let fill = current(key) else { return .fill(begin(key), known: known) }
        guard waiting < settings.waitersMax else { return .full }
        let waiter = join()
        guard let number = fills[fill]?.queue.append(waiter) else { return .pass }
        waiting += 1
        return .wait(waiter, at: FillPlace(fill: FillTicket(id: fill, key: key), number: number), known: known)
    }

    /// What may be given without asking; nil for nothing.
    mutating func peek(_ key: CacheKey, at now: Deadline, heardUntil: Deadline) -> StoredAnswer? {
        guard case (.answer(let answer), _)? = shelf.use(key) else { return nil }
        switch standing(of: answer, at: now, heardUntil: heardUntil) {
        case .fresh, .revalidating: return answer
        case .bridging, .expired: return nil
        }
    }

    /// Whether an answer may stand in for a service that fails. Not one that was let go of since it was found.
    mutating func bridges(_ answer: StoredAnswer, of key: CacheKey, at now: Deadline, heardUntil: Deadline) -> Bool {
        guard case (.answer(let kept), _)? = shelf.use(key), kept === answer else { return false }
        return standing(of: answer, at: now, heardUntil: heardUntil) != .expired
    }

    private enum Standing { case fresh, revalidating, bridging, expired }

    private func standing(of answer: StoredAnswer, at now: Deadline, heardUntil: Deadline) -> Standing {
        let freshness = answer.freshness
        // What no event can name is good for as long as it said.
        let isTrusted =
            now < heardUntil || answer.tags.isEmpty || now < freshness.receivedAt.advanced(by: settings.silenceMax)
        if isTrusted {
            if now < freshness.expiresAt { return .fresh }
            if now < freshness.revalidatesUntil { return .revalidating }
        }
        guard now < freshness.bridgesUntil else { return .expired }
        if isTrusted { return .bridging }
        let trusted = max(heardUntil, freshness.receivedAt.advanced(by: settings.silenceMax))
        return now < trusted.advanced(by: .seconds(freshness.staleIfErrorSeconds)) ? .bridging : .expired
    }

    /// The fill to wait for. One that began before a purge may bring what is untrue by now: it is for those who came
    /// before the purge too.
    private func current(_ key: CacheKey) -> UInt64? {
        guard let id = latest[key], let fill = fills[id], fill.began == purges.sequence else { return nil }
        return id
    }

    private mutating func begin(_ key: CacheKey) -> FillTicket {
        lastID += 1
        fills[lastID] = Fill(key: key, began: purges.sequence)
        latest[key] = lastID
        return FillTicket(id: lastID, key: key)
    }

    // MARK: Filling

    /// - Returns: who is to be told, and whether the answer is kept.
    mutating func settle(
        _ ticket: FillTicket, _ result: Result, at now: Deadline
    ) -> (waiters: [Waiter], isKept: Bool) {
        guard let fill = end(ticket) else { return ([], false) }
        waiting -= fill.queue.count
        var isKept = false
        switch result {
        case .keep(let answer):
            isKept =
                !purges.hasPurged(answer.tags, since: fill.began) && shelf.put(.answer(answer), for: fill.key)
        case .pass: shelf.put(.pass(until: now.advanced(by: settings.passFor)), for: fill.key)
        case .fail: shelf.rest(fill.key, until: now.advanced(by: settings.restFor))
        }
        return (fill.queue.all, isKept)
    }

    /// Whoever was to fill is gone.
    ///
    /// - Returns: who has the ticket now; nil where nobody waits.
    mutating func abandon(_ ticket: FillTicket) -> Waiter? {
        guard let heir = fills[ticket.id]?.queue.removeFirst() else {
            _ = end(ticket)
            return nil
        }
        // It asks now, after all that was purged.
        fills[ticket.id]?.began = purges.sequence
        waiting -= 1
        return heir
    }

    /// Whoever waited is gone.
    ///
    /// - Returns: false where it waits no more: it is being told.
    mutating func leave(_ place: FillPlace) -> Bool {
        guard fills[place.fill.id]?.queue.remove(place.number) != nil else { return false }
        waiting -= 1
        return true
    }

    private mutating func end(_ ticket: FillTicket) -> Fill? {
        guard let fill = fills.removeValue(forKey: ticket.id) else { return nil }
        if latest[fill.key] == ticket.id { latest[fill.key] = nil }
        return fill
    }

    // MARK: Letting go

    /// - Returns: how many answers went.
    mutating func purge(_ tags: [CacheTagHash]) -> Int {
        purges.note(tags)
        return tags.reduce(0) { $0 + shelf.purge($1) }
    }

    mutating func purgeEverything() {
        purges.noteEverything()
        shelf.purgeEverything()
    }
}
