/// What was let go of lately, so that an answer that was asked for before is not kept after. Pure.
struct PurgeMemory {
    /// Tags that are remembered one by one; when there are more, everything that was asked for before counts as purged.
    static let tagsMax = 4096

    /// Counts purges: a fill remembers where it began.
    private(set) var sequence: UInt64 = 0
    private var latest: [CacheTagHash: UInt64] = [:]
    private var everythingUntil: UInt64 = 0

    mutating func note(_ tags: [CacheTagHash]) {
        sequence += 1
        for tag in tags { latest[tag] = sequence }
        if latest.count > Self.tagsMax { forget() }
    }

    mutating func noteEverything() {
        sequence += 1
        forget()
    }

    /// Whether what has these tags was let go of after `start`.
    func hasPurged(_ tags: [CacheTagHash], since start: UInt64) -> Bool {
        start < everythingUntil || tags.contains { latest[$0, default: 0] > start }
    }

    private mutating func forget() {
        latest.removeAll(keepingCapacity: true)
        everythingUntil = sequence
    }
}
