internal import COpenSSL
package import Primitives

/// AES-256 in Galois/Counter Mode with 96-bit random nonces and full tags (NIST SP 800-38D).
///
/// With random nonces one key should seal at most 2^32 messages (section 8.3).
package struct AES256GCM: Sendable {
    package static let keyBytes = 32
    package static let nonceBytes = 12
    package static let tagBytes = 16
    /// libcrypto counts in `Int32`; columns and keys are far smaller.
    package static let messageBytesMax = 1 << 24

    private let key: Secret<[UInt8]>

    /// - Precondition: the key has `keyBytes` bytes.
    package init(key: Secret<[UInt8]>) {
        precondition(key.exposedValue.count == Self.keyBytes, "an AES-256 key has 32 bytes")
        self.key = key
    }

    /// `nonce ‖ ciphertext ‖ tag` under a fresh nonce. `associatedData` is authenticated, not contained.
    package func seal(_ plaintext: [UInt8], associatedData: [UInt8] = []) -> [UInt8] {
        seal(plaintext, associatedData: associatedData, nonce: Random.bytes(Self.nonceBytes))
    }

    /// A nonce must never serve twice: only test vectors choose one.
    func seal(_ plaintext: [UInt8], associatedData: [UInt8], nonce: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceBytes && plaintext.count <= Self.messageBytesMax)
        let context = GCMContext(key: key.exposedValue, nonce: nonce, isSealing: true)
        context.authenticate(associatedData)
        let ciphertext = context.transform(plaintext[...])
        return nonce + ciphertext + context.sealingTag()
    }

    /// The plaintext of `sealed`, or nil when it was not sealed under this key with this associated data.
    package func open(_ sealed: [UInt8], associatedData: [UInt8] = []) -> [UInt8]? {
        let overhead = Self.nonceBytes + Self.tagBytes
        guard (overhead...Self.messageBytesMax + overhead).contains(sealed.count) else { return nil }
        let context = GCMContext(key: key.exposedValue, nonce: Array(sealed.prefix(Self.nonceBytes)), isSealing: false)
        context.authenticate(associatedData)
        let plaintext = context.transform(sealed[Self.nonceBytes..<sealed.count - Self.tagBytes])
        return context.accepts(tag: Array(sealed.suffix(Self.tagBytes))) ? plaintext : nil
    }
}
