internal import JSON
internal import Primitives

/// A public key on P-256, to check ES256 signatures with (RFC 7518, section 3.4).
package struct P256PublicKey: Sendable, Hashable {
    package static let coordinateBytes = 32

    /// The point's coordinates, 32 bytes each, most significant first.
    package let x: [UInt8]
    package let y: [UInt8]
    /// The RFC 7638 SHA-256 thumbprint in base64url: 43 characters.
    package let keyID: String
    private let handle: P256KeyHandle

    /// Nil when a coordinate is not 32 bytes long or the point is not on the curve.
    package init?(x: [UInt8], y: [UInt8]) {
        guard x.count == Self.coordinateBytes, y.count == Self.coordinateBytes,
            let handle = P256KeyHandle(point: [0x04] + x + y)
        else { return nil }
        self.x = x
        self.y = y
        self.handle = handle
        keyID = Self.thumbprint(x: x, y: y)
    }

    /// Whether `signature` (`r ‖ s`, 64 bytes) is this key's over the SHA-256 of `message`.
    package func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == ECDSASignature.rawBytes else { return false }
        return handle.isValid(der: ECDSASignature.der(raw: signature), digest: SHA256.hash(message))
    }

    /// The required members in lexical order, without white space (RFC 7638, section 3.2).
    private static func thumbprint(x: [UInt8], y: [UInt8]) -> String {
        let members = JSONWriter.object { json in
            json.member("crv", string: "P-256")
            json.member("kty", string: "EC")
            json.member("x", string: Base64URL.encode(x))
            json.member("y", string: Base64URL.encode(y))
        }
        return Base64URL.encode(SHA256.hash(members))
    }

    package static func == (left: Self, right: Self) -> Bool { left.x == right.x && left.y == right.y }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(x)
        hasher.combine(y)
    }
}
