internal import Cryptography
package import Primitives

/// The secret of a mailed link: 256 bits that nobody can guess. The database holds their SHA-256 only.
package struct LinkToken: Sendable {
    package static let bytes = 32

    /// In base64url, 43 characters.
    package let text: String
    package let digest: [UInt8]

    /// Nil for what cannot be a token, so that it costs no query.
    package init?(_ text: String) {
        guard text.utf8.count == 43, let bytes = Base64URL.decode(text), bytes.count == Self.bytes else { return nil }
        self.init(bytes: bytes)
    }

    fileprivate init(bytes: [UInt8]) {
        text = Base64URL.encode(bytes)
        digest = SHA256.hash(bytes)
    }
}

/// Makes the tokens of mailed links from the jobs that mail them: a mail that is sent again holds the same link, and
/// yet no token is stored.
package struct LinkTokenMint: Sendable {
    private let key: HMACSHA256

    package init(key: Secret<[UInt8]>) {
        self.key = HMACSHA256(key: HKDF.derive(from: key, info: "causeway link token v1"))
    }

    package func token(_ kind: LinkKind, ofJob job: String) -> LinkToken {
        LinkToken(bytes: key.authenticate("\(kind.rawValue) \(job)"))
    }
}

/// What a mailed link does.
package enum LinkKind: String, Sendable, CaseIterable {
    case verifyEmail = "verify-email"
}
