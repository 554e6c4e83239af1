internal import Contract
internal import HTTP

/// What a kept answer is found by: everything of a request that the service gets to see when it is asked for it.
///
/// GET and HEAD have the same key. Who asks, by which host name and with which other fields, is no part of it and
/// reaches no service, so that it cannot change what others are given.
struct CacheKey: Sendable, Hashable {
    /// Canonical path, and the query in the contract's order and in one spelling.
    let target: String
    /// Values of the fields that the contract names: each behind `=`, a line each; an empty line for none.
    let selecting: String
    /// Made once of both: a look-up needs it for the shard and for the place in it.
    let digest: Int

    init(target: String, selecting: String = "") {
        self.target = target
        self.selecting = selecting
        var hasher = Hasher()
        hasher.combine(target)
        if !selecting.isEmpty { hasher.combine(selecting) }
        digest = hasher.finalize()
    }

    func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    var bytes: Int { target.utf8.count + selecting.utf8.count }
}

/// Makes the keys of one endpoint.
struct CacheKeyRule: Sendable {
    /// The query's declared parameters, in order.
    private let parameters: [String]
    /// Request fields that the answer may depend on.
    private let variesBy: [String]

    init(parameters: [String], variesBy: [String]) {
        self.parameters = parameters
        self.variesBy = variesBy
    }

    /// Nil for a query that the service would refuse, or read in a way of its own: it is passed on as it is.
    func key(_ path: CanonicalPath, _ fields: HeaderFields) -> CacheKey? {
        guard let target = target(path) else { return nil }
        guard !variesBy.isEmpty else { return CacheKey(target: target) }
        let values = variesBy.map { name in fields.combined(name).map { "=\($0)" } ?? "" }
        return CacheKey(target: target, selecting: values.joined(separator: "\n"))
    }

    /// The fields that a fill of `key` sends, so that the answer belongs to it.
    func fields(_ key: CacheKey) -> [(name: String, value: String)] {
        guard !variesBy.isEmpty else { return [] }
        let values = key.selecting.split(separator: "\n", omittingEmptySubsequences: false)
        return zip(variesBy, values).compactMap { name, value in
            value.isEmpty ? nil : (name, String(value.dropFirst()))
        }
    }

    private func target(_ path: CanonicalPath) -> String? {
        guard path.hasQuery else { return path.target }
        let query = path.query
        guard !query.isEmpty else { return String(path.path) }
        if isCanonical(query) { return path.target }
        guard let given = try? QueryParameters(parsing: query), given.names.allSatisfy(parameters.contains) else {
            return nil
        }
        guard !given.isEmpty else { return String(path.path) }
        let ordered = parameters.compactMap { name in given[name].map { (name: name, value: $0) } }
        return "\(path.path)?\(QueryParameters.encode(ordered))"
    }

    /// Whether the query is what `target` would make of it: known names in their order, values without anything to
    /// escape.
    private func isCanonical(_ query: Substring) -> Bool {
        var next = 0
        for part in query.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return false }
            let name = part[..<equals]
            while next < parameters.count, !parameters[next].utf8.elementsEqual(name) { next += 1 }
            guard next < parameters.count else { return false }
            next += 1
            guard part[equals...].dropFirst().allSatisfy(PercentEncoding.isUnreserved) else { return false }
        }
        return true
    }
}
