internal import Cryptography
internal import Primitives

/// The secret of a mailed link: 256 random bits. The database holds their SHA-256 only.
package struct LinkToken: Sendable {
    package static let bytes = 32

    /// In base64url, 43 characters.
    package let text: String
    package let digest: [UInt8]

    package static func make() -> LinkToken {
        LinkToken(bytes: Random.bytes(bytes))
    }

    /// Nil for what cannot be a token, so that it costs no query.
    package init?(_ text: String) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text), bytes.count == Self.bytes else { return nil }
        self.init(bytes: bytes)
    }

    private init(bytes: [UInt8]) {
        text = Base64URL.encode(bytes)
        digest = SHA256.hash(bytes)
    }
}

/// What a mailed link does.
package enum LinkKind: String, Sendable, CaseIterable {
    case verifyEmail = "verify-email"
}
