internal import COpenSSL

/// Owns one libcrypto key.
///
/// `@unchecked Sendable`: the key is never changed after it was made, and libcrypto guards the caches inside it with a
/// lock of its own.
@safe final class P256KeyHandle: @unchecked Sendable {
    private let key: OpaquePointer

    /// - Parameters:
    ///   - point: `0x04 ‖ x ‖ y`; nil comes back when it is not on the curve.
    ///   - scalar: the private half, where there is one.
    init?(point: [UInt8], scalar: [UInt8]? = nil) {
        precondition(point.count == 65 && (scalar?.count ?? 32) == 32)
        let key = unsafe point.withUnsafeBufferPointer { point in
            if let scalar {
                unsafe scalar.withUnsafeBufferPointer { scalar in
                    unsafe causeway_p256_key_new(point.baseAddress, scalar.baseAddress)
                }
            } else {
                unsafe causeway_p256_key_new(point.baseAddress, nil)
            }
        }
        guard let key = unsafe key else { return nil }
        unsafe self.key = key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The ECDSA signature of a digest, in DER.
    func sign(digest: [UInt8]) -> [UInt8] {
        let context = unsafe Libcrypto.required(EVP_PKEY_CTX_new_from_pkey(nil, key, nil))
        defer { unsafe EVP_PKEY_CTX_free(context) }
        unsafe Libcrypto.require(EVP_PKEY_sign_init(context))
        return unsafe [UInt8](unsafeUninitializedCapacity: ECDSASignature.derBytesMax) { signature, count in
            count = signature.count
            unsafe digest.withUnsafeBufferPointer { digest in
                unsafe Libcrypto.require(
                    EVP_PKEY_sign(context, signature.baseAddress, &count, digest.baseAddress, digest.count))
            }
        }
    }

    func isValid(der signature: [UInt8], digest: [UInt8]) -> Bool {
        let context = unsafe Libcrypto.required(EVP_PKEY_CTX_new_from_pkey(nil, key, nil))
        defer { unsafe EVP_PKEY_CTX_free(context) }
        unsafe Libcrypto.require(EVP_PKEY_verify_init(context))
        let status = unsafe signature.withUnsafeBufferPointer { signature in
            unsafe digest.withUnsafeBufferPointer { digest in
                unsafe EVP_PKEY_verify(
                    context, signature.baseAddress, signature.count, digest.baseAddress, digest.count)
            }
        }
        // A refused signature leaves reasons in this thread's queue, where TLS would take them for its own.
        if status != 1 { ERR_clear_error() }
        return status == 1
    }
}
