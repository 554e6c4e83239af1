internal import Contract
internal import HTTP
internal import Primitives

/// What the cache needs of a contract, worked out once.
final class CachingRule: Sendable {
    let caching: SharedCaching
    let keys: CacheKeyRule
    private let path: PathTemplate

    init?(_ description: EndpointDescription) {
        guard case .shared(let caching) = description.policy.cache else { return nil }
        self.caching = caching
        path = description.path
        keys = CacheKeyRule(
            parameters: description.input.filter { $0.place == .query }.map(\.name), variesBy: caching.variesBy)
    }

    /// What came of judging an answer.
    enum Verdict: Sendable, Hashable {
        case keep(Freshness)
        /// Why not, for logs and tests.
        case pass(String)
    }

    /// Whether an answer to a request without any credential may be kept, and for how long (RFC 9111, section 3).
    func judge(_ head: ResponseHead, askedAt: Deadline, receivedAt: Deadline) -> Verdict {
        let isAbsence = head.status == 404 && caching.absentFor > .zero
        guard caching.statuses.contains(head.status) || isAbsence else { return .pass("status") }
        if head.fields.contains("set-cookie") { return .pass("set-cookie") }
        if head.fields.contains("content-encoding") { return .pass("content-encoding") }
        if let vary = head.fields.combined("vary"), !varies(onlyBy: vary) { return .pass("vary") }
        guard let directives = directives(head.fields) else { return .pass("cache-control") }
        if directives.isNoStore || directives.isPrivate || directives.isNoCache { return .pass("cache-control") }
        guard let lifetime = directives.sharedMaxAgeSeconds ?? directives.maxAgeSeconds else { return .pass("no-age") }
        let allowed = isAbsence ? caching.absentFor : caching.freshFor
        // `s-maxage` also forbids what is stale (section 5.2.2.10).
        let isStrict = directives.mustRevalidate || directives.sharedMaxAgeSeconds != nil || isAbsence
        let freshness = Freshness(
            receivedAt: receivedAt, ageSeconds: age(head.fields, askedAt, receivedAt),
            lifetimeSeconds: min(lifetime, allowed.components.seconds),
            staleWhileRevalidatingSeconds: isStrict
                ? 0
                : min(
                    directives.staleWhileRevalidateSeconds ?? 0, caching.staleWhileRevalidating.components.seconds),
            staleIfErrorSeconds: isStrict
                ? 0 : min(directives.staleIfErrorSeconds ?? 0, caching.staleIfError.components.seconds))
        return freshness.remaining(at: receivedAt) > 0 ? .keep(freshness) : .pass("stale")
    }

    /// The tags that follow from a target, beside those of its answer; nil where one cannot be made.
    func tags(_ target: String) -> [CacheTag]? { path.tags(caching.tags, target) }

    /// What the edge alone is told counts before what all caches are told (RFC 9213, section 2.2), and is passed over
    /// where it cannot be read.
    private func directives(_ fields: HeaderFields) -> CacheDirectives? {
        if let targeted = fields.combined(SharedCaching.targetedField).flatMap(CacheDirectives.init(parsing:)) {
            return targeted
        }
        return fields.combined("cache-control").flatMap(CacheDirectives.init(parsing:))
    }

    /// Whether everything that the answer depends on is part of the key (RFC 9111, section 4.1).
    private func varies(onlyBy vary: String) -> Bool {
        vary.split(separator: ",").allSatisfy { part in
            let name = part.filter { $0 != " " && $0 != "\t" }.lowercased()
            return name.isEmpty || caching.variesBy.contains(name)
        }
    }

    private func age(_ fields: HeaderFields, _ askedAt: Deadline, _ receivedAt: Deadline) -> Int64 {
        let delay = (receivedAt.nanoseconds - min(askedAt.nanoseconds, receivedAt.nanoseconds)) / 1_000_000_000
        let told = fields.first("age").flatMap { Int64($0) } ?? 0
        return min(max(told, 0), CacheDirectives.secondsMax) + Int64(clamping: delay)
    }
}

/// What a call that succeeded makes untrue.
struct PurgingRule: Sendable {
    private let templates: [CacheTagTemplate]
    private let path: PathTemplate

    init?(_ description: EndpointDescription) {
        guard !description.policy.purges.isEmpty else { return nil }
        templates = description.policy.purges
        path = description.path
    }

    func tags(_ target: String) -> [CacheTag] { path.tags(templates, target) ?? [] }
}

extension PathTemplate {
    fileprivate func tags(_ templates: [CacheTagTemplate], _ target: String) -> [CacheTag]? {
        guard !templates.isEmpty else { return [] }
        let parts = target.prefix { $0 != "?" }.split(separator: "/")
        var values: [(name: String, value: String)] = []
        for (segment, part) in zip(segments, parts) {
            guard case .parameter(let name) = segment else { continue }
            guard let value = PercentEncoding.decode(part) else { return nil }
            values.append((name, value))
        }
        let tags = templates.compactMap { $0.tag(PathParameters(values)) }
        return tags.count == templates.count ? tags : nil
    }
}
