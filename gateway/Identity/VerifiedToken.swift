internal import Contract
internal import Cryptography
internal import Primitives

/// An access token whose signature and claims were found good, with what the edge needs of it.
final class VerifiedToken: Sendable {
    /// Stands for the token in caches, so that no token is kept: its SHA-256.
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
    /// When it was verified, and from when on it has to be verified anew, or is refused.
    let good: Range<Timestamp>

    init(key: Key, claims: AccessTokenClaims, account: CallerContext.Account, good: Range<Timestamp>) {
        self.key = key
        self.account = account
        issuedAt = claims.issuedAt
        limitKey = "account:\(account.id)"
        self.good = good
    }
}
