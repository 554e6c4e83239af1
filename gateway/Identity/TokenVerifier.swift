internal import Contract
internal import Cryptography
internal import Primitives
internal import Protocol
internal import ServiceKit

/// Verifies access tokens, and remembers those that were good for a while (`IdentityMemory`).
///
/// A token that was remembered costs a hash and a look-up; revocations are looked at every time. So does one of ours
/// that was refused, since it has expired or is for others: programs go on with such a token for long, are not charged
/// for it, and must not cost a signature each time. Forgeries are charged, so that nobody can send many, and not
/// remembered: they would drive out what honest programs send.
final class TokenVerifier: Sendable {
    enum Verdict {
        case good(VerifiedToken)
        case refused(reason: String, isForgery: Bool)
        /// There are no keys yet, since auth was not reached since the start: neither good nor bad.
        case unknown
    }

    private let issuer: String
    private let audience: String
    private let keys: KeyRing
    private let revocations: RevocationList
    private let clock: Clock
    private let memory: Duration
    /// How often a token was remembered.
    let lookups = CacheCounters()
    private let remembered: BoundedCache<VerifiedToken.Key, VerifiedToken>
    private let refused: BoundedCache<VerifiedToken.Key, Refusal>

    /// Why a token of ours is refused for good, and since when.
    private struct Refusal: Sendable {
        let reason: String
        let since: Timestamp
    }

    /// - Parameters:
    ///   - issuer: the `iss` that tokens must have.
    ///   - audience: the `aud` that they must have.
    init(
        issuer: String, audience: String, keys: KeyRing, revocations: RevocationList,
        memory: IdentityMemory = IdentityMemory(), clock: Clock = .system
    ) {
        self.issuer = issuer
        self.audience = audience
        self.keys = keys
        self.revocations = revocations
        self.memory = memory.time
        remembered = BoundedCache(entriesMax: memory.tokensMax)
        refused = BoundedCache(entriesMax: memory.refusalsMax)
        self.clock = clock
    }

    /// A token that was looked at a while ago; nil where it has to be verified.
    func recall(_ token: String) -> Verdict? {
        let key = VerifiedToken.Key(token)
        if let verdict = remembered[key].flatMap(recall) { return verdict }
        let refusal = refused[key].flatMap { $0.since <= clock.now ? $0 : nil }
        lookups.count(hit: refusal != nil)
        return refusal.map { .refused(reason: $0.reason, isForgery: false) }
    }

    /// The same for one that is known as what it is.
    func recall(_ known: VerifiedToken) -> Verdict? {
        // A clock that was set back ends the memory: who knows how long ago that was.
        guard known.good.contains(clock.now) else { return nil }
        lookups.count(hit: true)
        return checkRevocation(known)
    }

    func verify(_ token: String) async -> Verdict {
        do throws(JWSFailure) {
            return remember(token, try keys.current.verify(token, expectedType: AccessTokenClaims.tokenType))
        } catch .unknownKey {
            await keys.refetch()
        } catch {
            return .refused(reason: "\(error)", isForgery: true)
        }
        guard keys.isReady else { return .unknown }
        do throws(JWSFailure) {
            return remember(token, try keys.current.verify(token, expectedType: AccessTokenClaims.tokenType))
        } catch {
            return .refused(reason: "\(error)", isForgery: true)
        }
    }

    private func remember(_ token: String, _ signed: VerifiedJWS) -> Verdict {
        let now = clock.now
        let claims: AccessTokenClaims
        do throws(AccessTokenFailure) {
            claims = try AccessTokenClaims(payload: signed.payload)
            try claims.validate(issuer: issuer, audience: audience, now: now)
        } catch {
            // One of the future will be good.
            if error != .notYetValid {
                refused.store(Refusal(reason: "\(error)", since: now), for: VerifiedToken.Key(token))
            }
            // It is ours; whoever sends it was let in once.
            return .refused(reason: "\(error)", isForgery: false)
        }
        let allowed = Set(claims.scopes)
        let account = CallerContext.Account(
            id: AccountID(claims.subject), session: SessionID(claims.sessionID), roles: claims.roles,
            permissions: Role.permissions(of: claims.roles).filter(allowed.contains),
            authenticatedAt: claims.authenticatedAt, methods: claims.methods, epoch: Int(claims.epoch))
        let verified = VerifiedToken(
            key: VerifiedToken.Key(token), claims: claims, account: account,
            good: now..<max(now, min(now + memory, claims.expiresAt + AccessTokenClaims.leeway)))
        remembered.store(verified, for: verified.key)
        return checkRevocation(verified)
    }

    /// Whether a token that was good has been revoked since.
    func isRevoked(_ token: VerifiedToken) -> Bool { revocations.isRevoked(token.account) }

    private func checkRevocation(_ token: VerifiedToken) -> Verdict {
        revocations.isRevoked(token.account) ? .refused(reason: "revoked", isForgery: false) : .good(token)
    }
}
