package import Contract
internal import Cryptography
package import Primitives

/// The token by which a page proves that it may read what the suite answers: HMAC-SHA-256 over its session, in
/// base64url. The browser sends cookies by itself, this it does not.
///
/// Auth tells it beside the cookies, the gateway asks for it. Their key is derived from the one that the gateway proves
/// itself to auth with, which both hold and nobody else does.
package struct SessionProof: Sendable {
    package static let header = "x-csrf-token"

    private let keys: [HMACSHA256]

    /// - Parameter contextKeys: those of `.context(from: .gateway, to: .auth)`, the current one first.
    /// - Precondition: there is one.
    package init(contextKeys: [Secret<[UInt8]>]) {
        precondition(!contextKeys.isEmpty, "the proof of a session needs a key")
        keys = contextKeys.map { HMACSHA256(key: HKDF.derive(from: $0, info: "causeway session proof v1")) }
    }

    package func token(for session: SessionID) -> String {
        Base64URL.encode(keys[0].authenticate(session.description))
    }

    /// In a time that does not depend on where the token differs.
    package func isValid(_ token: some Collection<UInt8>, for session: SessionID) -> Bool {
        guard let tag = Base64URL.decode(token) else { return false }
        let message = Array(session.description.utf8)
        return keys.contains { $0.isValid(tag, for: message) }
    }
}
