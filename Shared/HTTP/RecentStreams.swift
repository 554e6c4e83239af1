/// The last few streams that something happened to; older ones are forgotten.
struct RecentStreams {
    /// More than the budget for resets lets happen at a time.
    static let keptMax = 256

    private var ids: [Int32] = []
    private var next = 0

    mutating func insert(_ id: Int32) {
        if ids.count < Self.keptMax {
            ids.append(id)
        } else {
            ids[next] = id
            next = (next + 1) % Self.keptMax
        }
    }

    func contains(_ id: Int32) -> Bool { ids.contains(id) }
}
