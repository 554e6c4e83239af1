/// Which certificate answers for which host name (RFC 6066, section 3; wildcards as RFC 6125, section 6.4.3).
struct ServerNameTable: Sendable {
    private var exact: [String: Int] = [:]
    private var wildcard: [String: Int] = [:]

    /// - Parameter names: those of each certificate; where two have the same name, the first wins.
    init(_ names: [[String]]) {
        for (index, list) in names.enumerated() {
            for name in list {
                if name.hasPrefix("*.") {
                    let parent = String(name.dropFirst(2))
                    wildcard[parent] = wildcard[parent] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
    }

    /// The index of the certificate for `name`. A wildcard stands for exactly one label, the leftmost.
    func certificate(for name: String) -> Int? {
        var name = name.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if let index = exact[name] { return index }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return wildcard[String(name[name.index(after: dot)...])]
    }
}
