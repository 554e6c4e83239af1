package import Cryptography
package import Primitives
package import ServiceKit

/// The keys that the auth service holds.
package struct AuthSecrets: Sendable {
    /// Seals password hashes.
    package let pepper: SealingKeyring
    /// Seals private signing keys.
    package let signingKeys: SealingKeyring
    /// Authenticates refresh tokens.
    package let refreshTokens: RefreshTokenKeyring
    /// Makes the tokens of mailed links.
    package let linkTokens: LinkTokenMint
    /// Proves sessions to the pages that use them.
    package let proofs: SessionProof

    /// A key and the id that sealed boxes name it by. 32 random bytes.
    package typealias NamedKey = (id: String, bytes: Secret<[UInt8]>)

    /// - Parameter gatewayContext: what the gateway proves itself by.
    ///
    /// Each list starts with the key for new work; the others open and verify what older ones made.
    package init(
        pepper: [NamedKey], seal: [NamedKey], refresh: [Secret<[UInt8]>],
        gatewayContext: [Secret<[UInt8]>]
    ) throws(KeyringFault) {
        self.pepper = try Self.keyring(pepper, purpose: "pepper")
        signingKeys = try Self.keyring(seal, purpose: "signing key")
        guard (1...RefreshTokenKeyring.keysMax).contains(refresh.count) else { throw .keyCount(refresh.count) }
        refreshTokens = RefreshTokenKeyring(keys: refresh)
        guard let current = seal.first else { throw .keyCount(0) }
        linkTokens = LinkTokenMint(key: current.bytes)
        guard !gatewayContext.isEmpty else { throw .keyCount(0) }
        proofs = SessionProof(contextKeys: gatewayContext)
    }

    private static func keyring(_ keys: [NamedKey], purpose: String) throws(KeyringFault) -> SealingKeyring {
        let byID = Dictionary(keys.map { ($0.id, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        return try SealingKeyring(keys: byID, currentKeyID: keys.first?.id ?? "", purpose: purpose)
    }
}
