/// An immutable trie from canonical paths and methods to whatever stands behind them. Its look-up is inlinable, so that
/// it is compiled for each kind of target.
@usableFromInline package struct RouteTable<Target: Sendable>: Sendable {
    @usableFromInline var trie = RouteTrie()
    @usableFromInline var targets: [Target] = []

    package init() {}

    /// What a look-up finds.
    @usableFromInline package enum Match: Sendable {
        case found(Target, PathParameters)
        /// The path is known; these are its methods, with `HEAD` where there is `GET`, and `OPTIONS`.
        case methodNotAllowed(allow: [String])
        case notFound
    }

    /// - Returns: false where the same method and the same path, but for the names of its holes, stand already.
    package mutating func add(_ method: String, _ template: PathTemplate, _ target: Target) -> Bool {
        guard trie.add(method, template, number: targets.count) else { return false }
        targets.append(target)
        return true
    }

    /// Whether the path answers to `method`.
    package func has(_ method: String, path: Substring) -> Bool {
        if case .found = match(method, path: path) { true } else { false }
    }

    /// Looks up a path without its query. A literal segment wins over a hole; `HEAD` is answered by `GET`.
    ///
    /// - Parameter collects: false where what stands in the holes is not wanted, and the path is known to be canonical,
    ///   so that its escapes are sound.
    @inlinable package func match(_ method: String, path: Substring, collects: Bool = true) -> Match {
        var path = path
        return switch path.withUTF8({ trie.match(method, $0, collects: collects) }) {
        case .found(let number, let parameters): .found(targets[number], parameters)
        case .methodNotAllowed(let allow): .methodNotAllowed(allow: allow)
        case .notFound: .notFound
        }
    }
}
