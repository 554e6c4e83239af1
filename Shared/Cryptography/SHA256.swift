internal import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    package static let digestBytes = 32

    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        unsafe bytes.withUnsafeBufferPointer { unsafe hash($0) }
    }

    package static func hash(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { unsafe hash($0) }
    }

    private static func hash(_ message: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestBytes)
        unsafe digest.withUnsafeMutableBufferPointer { digest in
            unsafe Libcrypto.require(
                EVP_Digest(message.baseAddress, message.count, digest.baseAddress, nil, Libcrypto.sha256, nil))
        }
        return digest
    }
}
