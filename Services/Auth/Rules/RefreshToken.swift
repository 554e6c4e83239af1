package import Contract
internal import Cryptography
package import Primitives

/// What a refresh token says: which session, and which of its tokens in order.
package struct RefreshToken: Sendable, Hashable {
    package let session: SessionID
    /// 1 for the token of the sign-in, one more with every rotation.
    package let generation: Int

    package init(session: SessionID, generation: Int) {
        self.session = session
        self.generation = generation
    }
}

/// Writes and reads refresh tokens without a database, so that a forgery costs no query.
///
/// A token is `v1.` and the base64url of 64 bytes, 89 characters in all. The format is final:
///
/// | bytes | meaning |
/// |---|---|
/// | 8 | key id: HKDF-SHA-256 of the key with the info `causeway refresh token v1 id` |
/// | 16 | session id, as a UUID |
/// | 8 | generation, unsigned, most significant byte first |
/// | 32 | HMAC-SHA-256 of the bytes before, under HKDF-SHA-256 of the key with the info `causeway refresh token v1` |
///
/// A token is a function of session and generation: the same successor can be given again without being stored.
package struct RefreshTokenKeyring: Sendable {
    package static let keysMax = 16
    private static let prefix = "v1."
    private static let keyIDBytes = 8
    private static let signedBytes = 32
    private static let tokenCharacters = 89

    private struct Entry: Sendable {
        let id: [UInt8]
        let key: HMACSHA256
    }

    private let entries: [Entry]

    /// - Parameter keys: 32 random bytes each, the one for new tokens first.
    /// - Precondition: there are 1 to `keysMax` keys.
    package init(keys: [Secret<[UInt8]>]) {
        precondition((1...Self.keysMax).contains(keys.count), "refresh tokens need a key")
        entries = keys.map { key in
            let id = HKDF.derive(from: key, info: "causeway refresh token v1 id").exposedValue
            return Entry(
                id: Array(id.prefix(Self.keyIDBytes)),
                key: HMACSHA256(key: HKDF.derive(from: key, info: "causeway refresh token v1")))
        }
    }

    package func encode(_ token: RefreshToken) -> String {
        let entry = entries[0]
        var bytes = entry.id
        for word in [token.session.uuid.high, token.session.uuid.low, UInt64(clamping: token.generation)] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        return Self.prefix + Base64URL.encode(bytes + entry.key.authenticate(bytes))
    }

    /// The token that `text` stands for, or nil for anything that was not made here.
    package func decode(_ text: String) -> RefreshToken? {
        guard text.utf8.count == Self.tokenCharacters, text.hasPrefix(Self.prefix),
            let bytes = Base64URL.decode(text.utf8.dropFirst(Self.prefix.utf8.count))
        else { return nil }
        let signed = Array(bytes.prefix(Self.signedBytes))
        let id = Array(signed.prefix(Self.keyIDBytes))
        guard let entry = entries.first(where: { $0.id == id }),
            entry.key.isValid(Array(bytes.dropFirst(Self.signedBytes)), for: signed)
        else { return nil }
        func word(at offset: Int) -> UInt64 { signed[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        guard let generation = Int(exactly: word(at: 24)), generation > 0 else { return nil }
        return RefreshToken(
            session: SessionID(UUIDv7(high: word(at: 8), low: word(at: 16))), generation: generation)
    }
}
