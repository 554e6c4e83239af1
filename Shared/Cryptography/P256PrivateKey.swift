internal import COpenSSL
package import Primitives

/// A private key on P-256, to sign with ES256 (RFC 7518, section 3.4).
package struct P256PrivateKey: Sendable {
    package static let scalarBytes = 32

    /// 32 bytes, most significant first: what is sealed and stored.
    package let scalar: Secret<[UInt8]>
    package let publicKey: P256PublicKey
    private let handle: P256KeyHandle

    /// Nil unless the scalar has 32 bytes and lies between 1 and the order of the curve's group.
    package init?(scalar: Secret<[UInt8]>) {
        guard scalar.exposedValue.count == Self.scalarBytes,
            let point = Self.publicPoint(of: scalar.exposedValue),
            let publicKey = P256PublicKey(x: Array(point[1..<33]), y: Array(point[33...])),
            let handle = P256KeyHandle(point: point, scalar: scalar.exposedValue)
        else { return nil }
        self.scalar = scalar
        self.publicKey = publicKey
        self.handle = handle
    }

    /// A new key, by testing candidates (FIPS 186-5, appendix A.2.2): one in 2^32 is refused.
    package static func generate() -> P256PrivateKey {
        while true {
            if let key = P256PrivateKey(scalar: Random.secretBytes(scalarBytes)) { return key }
        }
    }

    /// `r ‖ s` over the SHA-256 of `message`, 64 bytes.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        let der = handle.sign(digest: SHA256.hash(message))
        return Libcrypto.required(ECDSASignature.raw(der: der))
    }

    private static func publicPoint(of scalar: [UInt8]) -> [UInt8]? {
        var point = [UInt8](repeating: 0, count: 65)
        let status = unsafe scalar.withUnsafeBufferPointer { scalar in
            unsafe point.withUnsafeMutableBufferPointer { point in
                unsafe causeway_p256_public_point(scalar.baseAddress, point.baseAddress)
            }
        }
        return status == 1 ? point : nil
    }
}
