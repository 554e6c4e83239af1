/// The environment that this process was started with.
enum ProcessEnvironment {
    /// What Linux allows all arguments and variables together (execve(2)) is less.
    private static let bytesMax = 8 << 20

    /// As proc(5) has it, since C's `environ` may change under a reader.
    static func read() -> [String: String] {
        let bytes = (try? TextFile.bytes("/proc/self/environ", atMost: bytesMax)) ?? []
        var variables: [String: String] = [:]
        for entry in bytes.split(separator: 0) {
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            variables[name] = String(decoding: entry[entry.index(after: equals)...], as: UTF8.self)
        }
        return variables
    }
}
