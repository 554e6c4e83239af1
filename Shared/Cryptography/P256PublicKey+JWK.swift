package import JSON
internal import Primitives

extension P256PublicKey {
    /// The key as a JSON Web Key (RFC 7517, section 4; RFC 7518, section 6.2).
    package var jwk: JSONObject {
        [
            "kty": "EC".json, "crv": "P-256".json, "x": Base64URL.encode(x).json, "y": Base64URL.encode(y).json,
            "use": "sig".json, "alg": "ES256".json, "kid": keyID.json,
        ]
    }

    /// Reads a JSON Web Key. A `kid`, `use` or `alg` that is there must be the one that `jwk` writes, and a private
    /// half is refused: it has no business in a published set.
    package init(jwk: JSONObject) throws(JWKFailure) {
        guard jwk["kty"]?.string == "EC", jwk["crv"]?.string == "P-256" else { throw .otherKeyType }
        guard jwk["use"]?.string ?? "sig" == "sig", jwk["alg"]?.string ?? "ES256" == "ES256" else {
            throw .otherUse
        }
        guard jwk["d"] == nil else { throw .privateKey }
        guard let x = jwk["x"]?.string.flatMap({ Base64URL.decode($0) }),
            let y = jwk["y"]?.string.flatMap({ Base64URL.decode($0) }),
            let key = P256PublicKey(x: x, y: y)
        else { throw .invalidPoint }
        guard jwk["kid"] == nil || jwk["kid"]?.string == key.keyID else { throw .keyIDMismatch }
        self = key
    }
}

/// Why a JSON Web Key is not a key for ES256.
package enum JWKFailure: Error, Hashable, Sendable {
    case otherKeyType
    case otherUse
    case privateKey
    /// Missing, not base64url, not 32 bytes, or not on the curve.
    case invalidPoint
    /// The `kid` is not the thumbprint.
    case keyIDMismatch
    /// Not `{"keys": [...]}` with objects inside, or more keys than a set holds.
    case malformedSet
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}
