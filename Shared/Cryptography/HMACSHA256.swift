internal import COpenSSL
package import Primitives

/// HMAC with SHA-256 under one key (RFC 2104, FIPS 198-1).
///
/// Make it once and use it from any thread: the key is hashed at the start, and each message works on a copy of that
/// state.
package struct HMACSHA256: Sendable {
    package static let tagBytes = 32
    private let keyed: KeyedContext

    /// - Precondition: the key is not empty. Keys of fewer than 32 bytes weaken the tag (RFC 2104, section 3);
    ///   configuration refuses them.
    package init(key: Secret<[UInt8]>) {
        precondition(!key.exposedValue.isEmpty, "an HMAC key must not be empty")
        keyed = KeyedContext(key: key.exposedValue)
    }

    package func authenticate(_ message: [UInt8]) -> [UInt8] {
        keyed.authenticate(message)
    }

    package func authenticate(_ message: String) -> [UInt8] {
        authenticate(Array(message.utf8))
    }

    /// Whether `tag` is the whole tag of `message`, in a time that does not depend on where they differ.
    package func isValid(_ tag: [UInt8], for message: [UInt8]) -> Bool {
        ConstantTime.areEqual(tag, authenticate(message))
    }
}

/// Owns the context that holds the key.
///
/// `@unchecked Sendable`: after `init` the context is only ever read, by `EVP_MAC_CTX_dup`, until `deinit`.
@safe private final class KeyedContext: @unchecked Sendable {
    private let context: OpaquePointer

    init(key: [UInt8]) {
        unsafe context = unsafe key.withUnsafeBufferPointer { key in
            unsafe Libcrypto.required(causeway_hmac_sha256_new(Libcrypto.hmac, key.baseAddress, key.count))
        }
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    func authenticate(_ message: [UInt8]) -> [UInt8] {
        let copy = unsafe Libcrypto.required(EVP_MAC_CTX_dup(context))
        defer { unsafe EVP_MAC_CTX_free(copy) }
        unsafe message.withUnsafeBufferPointer { message in
            unsafe Libcrypto.require(EVP_MAC_update(copy, message.baseAddress, message.count))
        }
        return unsafe [UInt8](unsafeUninitializedCapacity: HMACSHA256.tagBytes) { tag, count in
            unsafe Libcrypto.require(EVP_MAC_final(copy, tag.baseAddress, &count, tag.count))
        }
    }
}
