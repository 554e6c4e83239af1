/// Contradictions between contracts, found before anything starts.
package enum ContractConflict {
    /// Every conflict in `endpoints`, one sentence each; empty when they fit together.
    package static func all(in endpoints: [EndpointDescription], problems: [ProblemKind]) -> [String] {
        var conflicts: [String] = []
        var table = RouteTable<String>()
        var ids: Set<String> = []
        let codes = Set(problems.map(\.code))
        if codes.count != problems.count { conflicts.append("Two problem kinds share a code.") }
        for endpoint in endpoints {
            let id = endpoint.operationID
            if !ids.insert(id).inserted { conflicts.append("\(id): the operation id is used twice.") }
            if !table.add(endpoint.method.rawValue, endpoint.path, id) {
                conflicts.append("\(id): \(endpoint.method.rawValue) \(endpoint.path.text) is taken by another.")
            }
            conflicts += endpoint.conflicts(knownCodes: codes).map { "\(id): \($0)" }
        }
        return conflicts
    }
}

extension EndpointDescription {
    fileprivate func conflicts(knownCodes: Set<String>) -> [String] {
        var found: [String] = []
        let holes = Set(path.parameters)
        let filled = Set(input.filter { $0.place == .path }.map(\.name))
        if holes != filled { found.append("the path's holes \(holes.sorted()) are not its fields \(filled.sorted()).") }
        if method == .get, inputSchema != nil { found.append("a GET has no body (RFC 9110, section 9.3.1).") }
        if method == .get, policy.retry != .safe { found.append("a GET is safe to retry.") }
        if method == .post, policy.retry == .safe { found.append("a POST is not safe to retry.") }
        if isKeyed, method != .post { found.append("only a POST takes an Idempotency-Key.") }
        if isKeyed, access == .anyone { found.append("it is keyed, and anonymous callers have no keys.") }
        if input.contains(where: { $0.place == .header && $0.name == IdempotencyKey.header }) {
            found.append("the policy declares Idempotency-Key, not a field.")
        }
        if access == .service, policy.visibility == .public { found.append("it is for services and yet public.") }
        if policy.visibility == .internal, !path.text.hasPrefix("/internal/") {
            found.append("it is internal and not under /internal/.")
        }
        if policy.visibility == .public, path.text.hasPrefix("/internal/") {
            found.append("it is public and under /internal/.")
        }
        if policy.visibility == .public, policy.rate == .none { found.append("it is public and has no rate class.") }
        found += cacheConflicts
        for code in failures where !knownCodes.contains(code) { found.append("no problem kind \(code) is known.") }
        var seen: Set<String> = []
        for field in input where !seen.insert("\(field.place) \(field.name)").inserted {
            found.append("the field \(field.name) stands twice.")
        }
        for answer in answers where answer.fields.contains(where: { $0.place == .path || $0.place == .query }) {
            found.append("an answer has no path and no query.")
        }
        if summary.isEmpty { found.append("it has no summary.") }
        return found
    }

    private var cacheConflicts: [String] {
        var found: [String] = []
        var templates = policy.purges
        if !policy.purges.isEmpty, method.isSafe { found.append("what changes nothing purges nothing.") }
        if case .shared(let caching) = policy.cache {
            templates += caching.tags
            if access != .anyone { found.append("a shared cache would leak its answers.") }
            if method != .get { found.append("only a GET is kept.") }
            if caching.freshFor <= .zero { found.append("it is kept for no time.") }
            if caching.variesBy.contains(where: { ["authorization", "cookie"].contains($0) || $0 != $0.lowercased() }) {
                found.append("kept answers do not vary by a credential, and fields are in lower case.")
            }
        }
        if !Set(templates.flatMap(\.parameters)).isSubset(of: path.parameters) {
            found.append("a cache tag has a hole that the path has not.")
        }
        return found
    }
}
