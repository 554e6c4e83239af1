package import Primitives

/// Derives keys with HKDF-SHA-256 (RFC 5869).
package enum HKDF {
    /// As much as one derivation gives (section 2.3).
    package static let outputBytesMax = 255 * HMACSHA256.tagBytes

    /// A key of `byteCount` bytes from `secret`, bound to `info`, which names its use.
    ///
    /// - Precondition: `byteCount` is between 1 and `outputBytesMax`.
    package static func derive(
        from secret: Secret<[UInt8]>, salt: [UInt8] = [], info: String, byteCount: Int = 32
    ) -> Secret<[UInt8]> {
        derive(from: secret, salt: salt, info: Array(info.utf8), byteCount: byteCount)
    }

    package static func derive(
        from secret: Secret<[UInt8]>, salt: [UInt8], info: [UInt8], byteCount: Int
    ) -> Secret<[UInt8]> {
        precondition((1...outputBytesMax).contains(byteCount), "HKDF cannot give that many bytes")
        let salt = salt.isEmpty ? [UInt8](repeating: 0, count: SHA256.digestBytes) : salt
        let extracted = HMACSHA256(key: Secret(salt)).authenticate(secret.exposedValue)
        let expansion = HMACSHA256(key: Secret(extracted))
        var output: [UInt8] = []
        var block: [UInt8] = []
        var counter: UInt8 = 1
        while output.count < byteCount {
            block = expansion.authenticate(block + info + [counter])
            output += block
            counter &+= 1
        }
        return Secret(Array(output.prefix(byteCount)))
    }
}
