internal import Contract
internal import Cryptography
internal import Primitives

/// An access token or API key that was found good, with what the edge needs of it.
final class VerifiedToken: Sendable {
    /// Stands for the token in the caches of all connections, so that none is kept there: its SHA-256. (What its own
    /// connection showed last, it keeps while it is busy: `ShownToken`.)
    struct Key: Hashable, Sendable {
        private let words: [4 of UInt64]

        init(_ token: String) {
            let digest = SHA256.hash(token)
            words = InlineArray { word in digest[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        }

        // The digest is uniform already.
        func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

        static func == (left: Key, right: Key) -> Bool {
            (left.words[0] ^ right.words[0]) | (left.words[1] ^ right.words[1]) | (left.words[2] ^ right.words[2])
                | (left.words[3] ^ right.words[3]) == 0
        }
    }

    let key: Key
    let account: CallerContext.Account
    let issuedAt: Timestamp
    /// What rate limits count this caller by.
    let limitKey: String
    /// What may raise its limits (`RateTiers`): its roles, and its tier where it has one.
    let tiers: [String]
    /// When it was verified, and from when on it has to be verified anew, or is refused.
    let good: Range<Timestamp>
    /// Where it may be used from; empty for anywhere.
    private let allowedRanges: [AddressRange]

    init(
        key: Key, account: CallerContext.Account, issuedAt: Timestamp, limitKey: String, good: Range<Timestamp>,
        allowedRanges: [AddressRange] = [], tier: String? = nil
    ) {
        tiers = account.roles + (tier.map { [$0] } ?? [])
        self.key = key
        self.account = account
        self.issuedAt = issuedAt
        self.limitKey = limitKey
        self.good = good
        self.allowedRanges = allowedRanges
    }

    convenience init(key: Key, claims: AccessTokenClaims, account: CallerContext.Account, good: Range<Timestamp>) {
        self.init(
            key: key, account: account, issuedAt: claims.issuedAt, limitKey: "account:\(account.id)", good: good)
    }

    /// - Parameter address: four bytes or sixteen.
    func mayBeUsed(from address: [UInt8]) -> Bool {
        allowedRanges.isEmpty || allowedRanges.contains { $0.contains(address) }
    }
}
