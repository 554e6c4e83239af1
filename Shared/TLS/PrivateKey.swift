internal import COpenSSL
internal import Primitives

/// A parsed private key, freed with this object.
@safe final class PrivateKey: Sendable {
    // Safe to share: set once, and OpenSSL locks what it caches in a key.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Takes `handle` over.
    init(owning handle: OpaquePointer) {
        unsafe self.handle = unsafe handle
    }

    /// Parses a PEM key (PKCS #8, SEC 1 or PKCS #1) that is not encrypted.
    init(pem: Secret<[UInt8]>) throws(TLSFailure) {
        OpenSSLErrors.clear()
        let source = try unsafe X509Chain.memoryBIO(pem.exposedValue)
        defer { unsafe BIO_free(source) }
        guard let key = unsafe PEM_read_bio_PrivateKey(source, nil, refusePassword, nil) else {
            throw OpenSSLErrors.configurationFailure("a private key cannot be read")
        }
        unsafe handle = key
    }

    deinit {
        unsafe EVP_PKEY_free(handle)
    }
}
