/// Decides when memory is worth giving back: a crowd has gone, and the allocator still keeps what it took. A value;
/// what is so comes with the call.
package struct IdleMemory: Sendable {
    /// Less than this is not worth the work.
    package static let bytesMin = 16 << 20

    private var restingBytes: Int
    private var connectionsMost = 0

    /// - Parameter residentBytes: before anybody has come.
    package init(residentBytes: Int) {
        restingBytes = residentBytes
    }

    /// Whether a quarter of those who were here have gone, and much is held beyond the last rest.
    package mutating func isWorthReturning(residentBytes: Int, connections: Int) -> Bool {
        connectionsMost = max(connectionsMost, connections)
        return connections < connectionsMost - connectionsMost / 4 && residentBytes - restingBytes >= Self.bytesMin
    }

    /// What is resident after it was given back is in use: the next rest begins there.
    package mutating func returned(residentBytes: Int, connections: Int) {
        restingBytes = residentBytes
        connectionsMost = connections
    }
}
