internal import COpenSSL

/// Algorithms looked up once: a fetch by name walks the providers under a lock.
///
/// The handles are immutable, reference counted by libcrypto and never freed, which is why they may be shared by
/// threads although their pointers are not `Sendable`.
enum Libcrypto {
    nonisolated(unsafe) static let sha256 = unsafe required(EVP_MD_fetch(nil, "SHA256", nil))
    nonisolated(unsafe) static let sha1 = unsafe required(EVP_MD_fetch(nil, "SHA1", nil))
    nonisolated(unsafe) static let hmac = unsafe required(EVP_MAC_fetch(nil, "HMAC", nil))
    nonisolated(unsafe) static let aes256GCM = unsafe required(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))

    /// What libcrypto returned, where nil can only mean that memory ran out or that the library lacks its own default
    /// provider: nothing secure can go on, so the process ends.
    static func required<Value>(_ value: Value?) -> Value {
        guard let value else { fatalError("libcrypto cannot provide a basic object") }
        return value
    }

    /// The same for a status that is 1 on success.
    static func require(_ status: Int32) {
        guard status == 1 else { fatalError("libcrypto cannot perform a basic operation") }
    }
}
