/// An immutable trie from canonical paths and methods to whatever stands behind them.
package struct RouteTable<Target: Sendable>: Sendable {
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var targets: [(method: String, names: [String], target: Target)] = []
    }

    /// Flat, so that a look-up follows indexes; the root is the first.
    private var nodes = [Node()]

    package init() {}

    /// What a look-up finds.
    package enum Match: Sendable {
        case found(Target, PathParameters)
        /// The path is known; these are its methods, with `HEAD` where there is `GET`, and `OPTIONS`.
        case methodNotAllowed(allow: [String])
        case notFound
    }

    /// - Returns: false where the same method and the same path, but for the names of its holes, stand already.
    package mutating func add(_ method: String, _ template: PathTemplate, _ target: Target) -> Bool {
        var at = 0
        for segment in template.segments {
            at = child(of: at, segment)
        }
        guard !nodes[at].targets.contains(where: { $0.method == method }) else { return false }
        nodes[at].targets.append((method, template.parameters, target))
        return true
    }

    private mutating func child(of parent: Int, _ segment: PathTemplate.Segment) -> Int {
        let existing =
            switch segment {
            case .literal(let text): nodes[parent].literals[text]
            case .parameter: nodes[parent].parameter
            }
        if let existing { return existing }
        nodes.append(Node())
        switch segment {
        case .literal(let text): nodes[parent].literals[text] = nodes.count - 1
        case .parameter: nodes[parent].parameter = nodes.count - 1
        }
        return nodes.count - 1
    }

    /// Looks up a path without its query. A literal segment wins over a hole; `HEAD` is answered by `GET`.
    package func match(_ method: String, path: some StringProtocol) -> Match {
        guard path.utf8.first == UInt8(ascii: "/") else { return .notFound }
        let segments = path == "/" ? [] : path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var values: [String] = []
        guard let end = walk(0, segments[...], &values) else { return .notFound }
        let targets = nodes[end].targets
        let wanted = method == "HEAD" ? "GET" : method
        guard let entry = targets.first(where: { $0.method == wanted }) else {
            let methods = targets.map(\.method)
            return .methodNotAllowed(allow: methods + (methods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"])
        }
        return .found(entry.target, PathParameters(zip(entry.names, values).map { (name: $0, value: $1) }))
    }

    private func walk<Text: StringProtocol>(
        _ node: Int, _ segments: ArraySlice<Text>, _ values: inout [String]
    ) -> Int? {
        guard let segment = segments.first else { return nodes[node].targets.isEmpty ? nil : node }
        if let next = nodes[node].literals[String(segment)], let end = walk(next, segments.dropFirst(), &values) {
            return end
        }
        guard let next = nodes[node].parameter, let value = PercentEncoding.decode(segment), !value.isEmpty else {
            return nil
        }
        values.append(value)
        if let end = walk(next, segments.dropFirst(), &values) { return end }
        values.removeLast()
        return nil
    }
}
