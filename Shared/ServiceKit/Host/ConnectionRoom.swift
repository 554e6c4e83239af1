internal import Glibc

/// How many connections a process has room for: its memory, as the machine or the container limits it, and its
/// descriptors.
package enum ConnectionRoom {
    /// What a connection may take when it is busy. Idle it takes a third; the worst, a full window and buffers that
    /// nobody empties, is for few.
    private static let bytesPerConnection = 128 << 10
    /// The part of the memory that connections may take is one half.
    private static let memoryShare = 2
    /// Descriptors for everything else.
    private static let otherDescriptors = 512
    private static let range = 64...200_000

    /// Connections in all.
    package static func connectionsMax() -> Int {
        let byMemory = memoryBytes().map { $0 / memoryShare / bytesPerConnection } ?? range.upperBound
        return clamped(byMemory, descriptors: descriptorsMax())
    }

    static func clamped(_ byMemory: Int, descriptors: Int) -> Int {
        min(max(min(byMemory, descriptors - otherDescriptors), range.lowerBound), range.upperBound)
    }

    /// The least of what the machine has and the control groups above this process allow; nil where nothing tells.
    static func memoryBytes(root: String = "") -> Int? {
        let group = lines("\(root)/proc/self/cgroup").first { $0.hasPrefix("0::/") }.map { String($0.dropFirst(3)) }
        var limits: [Int] = []
        var path = group ?? "/"
        while true {
            // "max", which is no number, for no limit.
            limits += lines("\(root)/sys/fs/cgroup\(path)/memory.max").prefix(1).compactMap { Int($0) }
            guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        limits += lines("\(root)/sys/fs/cgroup/memory/memory.limit_in_bytes").prefix(1).compactMap { Int($0) }
        limits += lines("\(root)/proc/meminfo").filter { $0.hasPrefix("MemTotal:") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.map { $0 << 10 }
        return limits.min()
    }

    /// Lifts the soft limit to the hard one: it is there for programs that use `select`.
    private static func descriptorsMax() -> Int {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return .max }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
        _ = getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur)
    }

    private static func lines(_ path: String) -> [String] {
        let bytes = (try? TextFile.bytes(path, atMost: TextFile.bytesMax)) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
