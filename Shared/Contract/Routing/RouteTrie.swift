/// The trie of a `RouteTable`: over bytes, and with numbers for targets, so that a look-up runs no generic code.
@usableFromInline struct RouteTrie: Sendable {
    private struct Node: Sendable {
        var literals: [(text: [UInt8], next: Int)] = []
        var parameter: Int?
        var ends: [(method: String, names: [String], number: Int)] = []
    }

    /// Flat, so that a look-up follows indexes; the root is the first.
    private var nodes = [Node()]

    /// - Returns: false where the same method and the same path, but for the names of its holes, stand already.
    mutating func add(_ method: String, _ template: PathTemplate, number: Int) -> Bool {
        let node = template.segments.reduce(0) { child(of: $0, $1) }
        guard !nodes[node].ends.contains(where: { $0.method == method }) else { return false }
        nodes[node].ends.append((method, template.parameters, number))
        return true
    }

    private mutating func child(of parent: Int, _ segment: PathTemplate.Segment) -> Int {
        let new = nodes.count
        switch segment {
        case .literal(let text):
            let bytes = Array(text.utf8)
            if let known = nodes[parent].literals.first(where: { $0.text == bytes }) { return known.next }
            nodes[parent].literals.append((bytes, new))
        case .parameter:
            if let known = nodes[parent].parameter { return known }
            nodes[parent].parameter = new
        }
        nodes.append(Node())
        return new
    }

    /// - Parameter collects: whether what stands in the holes is wanted; where it is not, it is not decoded either.
    @usableFromInline func match(
        _ method: String, _ path: UnsafeBufferPointer<UInt8>, collects: Bool
    ) -> RouteTable<Int>.Match {
        guard path.first == UInt8(ascii: "/") else { return .notFound }
        var values: [(name: String, value: String)]? = collects ? [] : nil
        // Behind the slash of the root there is no segment.
        guard let node = walk(0, path, from: path.count == 1 ? 2 : 1, &values) else { return .notFound }
        let wanted = method == "HEAD" ? "GET" : method
        guard let index = nodes[node].ends.firstIndex(where: { $0.method == wanted }) else {
            let methods = nodes[node].ends.map(\.method)
            return .methodNotAllowed(allow: methods + (methods.contains("GET") ? ["HEAD"] : []) + ["OPTIONS"])
        }
        let number = nodes[node].ends[index].number
        guard var values, !values.isEmpty else { return .found(number, PathParameters()) }
        for place in values.indices { values[place].name = nodes[node].ends[index].names[place] }
        return .found(number, PathParameters(values))
    }

    /// The node at the path's end, and the values of the holes on the way. A literal segment wins over a hole.
    ///
    /// - Parameter start: where the next segment begins; behind the path's end plus one there is none.
    private func walk(
        _ node: Int, _ path: UnsafeBufferPointer<UInt8>, from start: Int,
        _ values: inout [(name: String, value: String)]?
    ) -> Int? {
        guard start <= path.count else { return nodes[node].ends.isEmpty ? nil : node }
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        for index in nodes[node].literals.indices where equals(node, index, path, start, end) {
            if let found = walk(nodes[node].literals[index].next, path, from: end + 1, &values) { return found }
        }
        guard start < end, let next = nodes[node].parameter else { return nil }
        guard values != nil else { return walk(next, path, from: end + 1, &values) }
        guard let value = PercentEncoding.decode(UnsafeBufferPointer(rebasing: path[start..<end])) else { return nil }
        values?.append(("", value))
        if let found = walk(next, path, from: end + 1, &values) { return found }
        values?.removeLast()
        return nil
    }

    private func equals(
        _ node: Int, _ literal: Int, _ path: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int
    ) -> Bool {
        guard nodes[node].literals[literal].text.count == end - start else { return false }
        return nodes[node].literals[literal].text.withUnsafeBufferPointer { text in
            text.indices.allSatisfy { text[$0] == path[start + $0] }
        }
    }
}
