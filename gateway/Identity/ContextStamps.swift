internal import Contract
internal import Primitives
internal import ServiceKit

/// Signed caller contexts for one service. One that was signed a moment ago is used again for the same caller.
final class ContextStamps: Sendable {
    /// Contexts that are kept.
    static let keptMax = 10_000

    private struct Subject: Hashable {
        let token: VerifiedToken.Key?
        let address: String
        let userAgent: String?
    }

    private struct Stamp: Sendable {
        let text: String
        let reusable: Range<Timestamp>
    }

    private let signer: CallerContextSigner
    private let clock: Clock
    /// How often a context was signed already.
    private let lookups: CacheCounters
    private let stamps = BoundedCache<Subject, Stamp>(entriesMax: keptMax)

    init(signer: CallerContextSigner, clock: Clock, lookups: CacheCounters = CacheCounters()) {
        self.signer = signer
        self.clock = clock
        self.lookups = lookups
    }

    /// - Parameter token: nil for an anonymous caller.
    func stamp(_ token: VerifiedToken?, address: String, userAgent: String?) -> String {
        let now = clock.now
        let subject = Subject(token: token?.key, address: address, userAgent: userAgent)
        let known = stamps[subject]
        let isFresh = known?.reusable.contains(now) ?? false
        lookups.count(hit: isFresh)
        if let known, isFresh { return known.text }
        let context = CallerContext(
            issuer: .gateway, account: token?.account, clientAddress: address, userAgent: userAgent)
        let stamp = Stamp(text: signer.sign(context, now: now), reusable: now..<now + CallerContextSigner.reuse)
        stamps.store(stamp, for: subject)
        return stamp.text
    }
}
