internal import Primitives

/// Holds what is kept, within a number of bytes. Pure.
///
/// What goes when room is needed is decided by S3-FIFO (Yang et al., SOSP 2023): a new entry stands in a short queue
/// and leaves it soon unless it is asked for again, else it moves to the long one; a memory of keys lets what comes
/// back into the long one at once. So a crawler that walks every page once does not drive out what many read, and a
/// hit moves nothing: it counts, which an order by last use could not do so cheaply.
struct CacheShelf {
    enum Content {
        case answer(StoredAnswer)
        /// Nothing is kept of this key until then: who asks goes to the service, and nobody waits for anybody.
        case pass(until: Deadline)
    }

    /// Why entries went.
    struct Removals: Sendable {
        var evicted = 0
        var purged = 0
        var replaced = 0
    }

    private enum Queue { case short, long }

    private struct Slot {
        var key: CacheKey
        var content: Content
        var bytes: Int
        var uses: UInt8 = 0
        var queue: Queue
        var newer: Int32 = none
        var older: Int32 = none
        /// Before that the service is not asked again, since it failed.
        var restsUntil = Deadline(nanoseconds: 0)

        mutating func use() -> (content: Content, restsUntil: Deadline) {
            if uses < usesMax { uses += 1 }
            return (content, restsUntil)
        }
    }

    private struct Ends {
        var newest: Int32 = none
        var oldest: Int32 = none
        var bytes = 0
    }

    private static let none: Int32 = -1
    private static let usesMax: UInt8 = 3
    private static let keysRememberedMax = 4096
    private static let passBytes = 256

    let bytesMax: Int
    private(set) var removals = Removals()
    /// Entries that would have taken too much of it.
    private(set) var refusals = 0
    private var slots: [Slot?] = []
    private var free: [Int32] = []
    private var places: [CacheKey: Int32] = [:]
    private var tagged: [CacheTagHash: Set<Int32>] = [:]
    private var short = Ends()
    private var long = Ends()
    private var left = LeftKeys(max: keysRememberedMax)

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    var bytes: Int { short.bytes + long.bytes }
    var count: Int { places.count }

    /// What is there, counted as used.
    mutating func use(_ key: CacheKey) -> (content: Content, restsUntil: Deadline)? {
        guard let place = places[key] else { return nil }
        return slots[Int(place)]?.use()
    }

    /// - Returns: false for an entry that would take more than a quarter of the shelf.
    @discardableResult
    mutating func put(_ content: Content, for key: CacheKey) -> Bool {
        var uses: UInt8 = 0
        var returns = left.remove(key.digest)
        if let place = places[key], let old = slots[Int(place)] {
            uses = old.uses
            returns = old.queue == .long
            remove(place)
            removals.replaced += 1
        }
        let bytes = Self.bytes(content) + key.bytes
        guard bytes <= bytesMax / 4 else {
            refusals += 1
            return false
        }
        let slot = Slot(
            key: key, content: content, bytes: bytes, uses: uses, queue: returns ? .long : .short)
        let place = free.popLast() ?? Int32(slots.count)
        if Int(place) == slots.count { slots.append(slot) } else { slots[Int(place)] = slot }
        places[key] = place
        if case .answer(let answer) = content {
            for tag in answer.tags { tagged[tag, default: []].insert(place) }
        }
        link(place)
        while self.bytes > bytesMax { makeRoom() }
        return true
    }

    /// The service failed for it: it is not asked again before `moment`.
    mutating func rest(_ key: CacheKey, until moment: Deadline) {
        if let place = places[key] { slots[Int(place)]?.restsUntil = moment }
    }

    /// - Returns: how many entries went.
    @discardableResult
    mutating func purge(_ tag: CacheTagHash) -> Int {
        guard let places = tagged[tag] else { return 0 }
        for place in places { remove(place) }
        removals.purged += places.count
        return places.count
    }

    mutating func purgeEverything() {
        removals.purged += count
        (slots, free, places, tagged) = ([], [], [:], [:])
        (short, long) = (Ends(), Ends())
    }

    private static func bytes(_ content: Content) -> Int {
        switch content {
        case .answer(let answer): answer.bytes
        case .pass: passBytes
        }
    }

    private mutating func makeRoom() {
        if short.oldest != Self.none, short.bytes > bytesMax / 10 || long.oldest == Self.none {
            leaveShort(short.oldest)
        } else if long.oldest != Self.none {
            leaveLong(long.oldest)
        }
    }

    private mutating func leaveShort(_ place: Int32) {
        guard let slot = slots[Int(place)] else { return }
        if slot.uses > 0 {
            unlink(place)
            slots[Int(place)]?.queue = .long
            slots[Int(place)]?.uses = 0
            return link(place)
        }
        left.insert(slot.key.digest)
        remove(place)
        removals.evicted += 1
    }

    private mutating func leaveLong(_ place: Int32) {
        guard let slot = slots[Int(place)] else { return }
        if slot.uses > 0 {
            unlink(place)
            slots[Int(place)]?.uses -= 1
            return link(place)
        }
        remove(place)
        removals.evicted += 1
    }

    private mutating func remove(_ place: Int32) {
        guard let slot = slots[Int(place)] else { return }
        unlink(place)
        places[slot.key] = nil
        if case .answer(let answer) = slot.content {
            for tag in answer.tags {
                tagged[tag]?.remove(place)
                if tagged[tag]?.isEmpty == true { tagged[tag] = nil }
            }
        }
        slots[Int(place)] = nil
        free.append(place)
    }

    // MARK: Queues

    private mutating func link(_ place: Int32) {
        guard let slot = slots[Int(place)] else { return }
        var ends = slot.queue == .short ? short : long
        slots[Int(place)]?.older = ends.newest
        slots[Int(place)]?.newer = Self.none
        if ends.newest != Self.none { slots[Int(ends.newest)]?.newer = place }
        ends.newest = place
        if ends.oldest == Self.none { ends.oldest = place }
        ends.bytes += slot.bytes
        if slot.queue == .short { short = ends } else { long = ends }
    }

    private mutating func unlink(_ place: Int32) {
        guard let slot = slots[Int(place)] else { return }
        var ends = slot.queue == .short ? short : long
        if slot.newer == Self.none { ends.newest = slot.older } else { slots[Int(slot.newer)]?.older = slot.older }
        if slot.older == Self.none { ends.oldest = slot.newer } else { slots[Int(slot.older)]?.newer = slot.newer }
        ends.bytes -= slot.bytes
        if slot.queue == .short { short = ends } else { long = ends }
    }
}

/// Hashes of keys that have left the short queue: the latest ones.
private struct LeftKeys {
    private var present: Set<Int> = []
    private var ring: [Int] = []
    private var next = 0
    private let max: Int

    init(max: Int) {
        self.max = max
    }

    mutating func insert(_ hash: Int) {
        guard present.insert(hash).inserted else { return }
        if ring.count < max {
            ring.append(hash)
        } else {
            present.remove(ring[next])
            ring[next] = hash
            next = (next + 1) % max
        }
    }

    /// - Returns: whether it was there.
    mutating func remove(_ hash: Int) -> Bool { present.remove(hash) != nil }
}
