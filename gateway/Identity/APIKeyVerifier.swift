internal import Contract
internal import Primitives
internal import Protocol
internal import ServiceKit

/// Asks auth what API keys stand for, and remembers that for a while (`IdentityMemory`).
///
/// A key that was deleted, rotated or given other scopes is forgotten as soon as the revocation of its grant is heard;
/// so is one of an account that was closed. What auth does not know is remembered for a few seconds, so that a program
/// with a wrong key asks it no more often.
final class APIKeyVerifier: Sendable {
    /// Whoever has just made a key finds it known that soon, wherever he tried it before.
    private static let refusalTime: Duration = .seconds(10)

    private let auth: any EndpointCaller
    private let revocations: RevocationList
    private let clock: Clock
    private let memory: Duration
    /// How often a key was remembered.
    let lookups = CacheCounters()
    private let remembered: BoundedCache<VerifiedToken.Key, VerifiedToken>
    private let refused: BoundedCache<VerifiedToken.Key, Range<Timestamp>>

    init(
        auth: any EndpointCaller, revocations: RevocationList, memory: IdentityMemory = IdentityMemory(),
        clock: Clock = .system
    ) {
        self.memory = memory.time
        remembered = BoundedCache(entriesMax: memory.apiKeysMax)
        refused = BoundedCache(entriesMax: memory.refusalsMax)
        self.auth = auth
        self.revocations = revocations
        self.clock = clock
    }

    /// What was found lately; nil where auth has to be asked.
    func recall(_ text: String) -> TokenVerifier.Verdict? {
        let (key, now) = (VerifiedToken.Key(text), clock.now)
        if let known = remembered[key], known.good.contains(now), !revocations.isRevoked(known.account) {
            lookups.count(hit: true)
            return .good(known)
        }
        let isRefused = refused[key]?.contains(now) ?? false
        lookups.count(hit: isRefused)
        return isRefused ? .refused(reason: "unknown", isForgery: true) : nil
    }

    func verify(_ text: String) async -> TokenVerifier.Verdict {
        guard let key = APIKey(text) else { return .refused(reason: "malformed", isForgery: true) }
        let cacheKey = VerifiedToken.Key(text)
        let grant: APIKeyGrant
        do throws(CallFault) {
            grant = try await auth.call(ResolveAPIKey.self, .init(digest: Hex.encode(key.digest)), for: nil)
        } catch {
            guard case .problem(ResolveAPIKey.Failure.apiKeyInvalid.rawValue, _) = error else { return .unknown }
            remembered.remove(cacheKey)
            refused.store(clock.now..<clock.now + Self.refusalTime, for: cacheKey)
            return .refused(reason: "unknown", isForgery: true)
        }
        // One that cannot be read must not open what it was to close.
        guard grant.allowedCidrs.allSatisfy({ AddressRange($0) != nil }) else { return .unknown }
        let now = clock.now
        let token = VerifiedToken(grant, good: now..<max(now, min(now + memory, grant.expiresAt)))
        guard !revocations.isRevoked(token.account) else { return .refused(reason: "revoked", isForgery: false) }
        remembered.store(token, for: cacheKey)
        return .good(token)
    }
}

extension VerifiedToken {
    /// How a key's calls prove themselves, where a person's have `pwd` and the like.
    static let apiKeyMethod = "api-key"

    /// An API key. Its grant is its session, and its own rights are those that its owner still has.
    fileprivate convenience init(_ grant: APIKeyGrant, good: Range<Timestamp>) {
        let allowed = Set(grant.scopes)
        let account = CallerContext.Account(
            id: grant.account, session: grant.grant, roles: grant.roles,
            permissions: Role.permissions(of: grant.roles).filter(allowed.contains), authenticatedAt: grant.createdAt,
            methods: [Self.apiKeyMethod], epoch: grant.epoch)
        // Not of the text: what was signed for an earlier grant of the same key must not be used for this one.
        let rights = "\(grant.grant) \(grant.epoch) \(account.roles) \(account.permissions)"
        self.init(
            key: Key("api-key \(rights)"), account: account, issuedAt: good.lowerBound,
            limitKey: "api-key:\(grant.key)", good: good,
            allowedRanges: grant.allowedCidrs.compactMap { AddressRange($0) }, tier: Self.apiKeyMethod)
    }
}
