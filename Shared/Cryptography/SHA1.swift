internal import COpenSSL

/// SHA-1 (FIPS 180-4), for protocols that prescribe it where nothing secret depends on it.
package enum SHA1 {
    package static let digestBytes = 20

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: digestBytes) { digest, count in
            unsafe bytes.withUnsafeBufferPointer { message in
                unsafe Libcrypto.require(
                    EVP_Digest(message.baseAddress, message.count, digest.baseAddress, nil, Libcrypto.sha1, nil))
            }
            count = digestBytes
        }
    }
}
