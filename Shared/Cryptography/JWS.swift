internal import JSON
internal import Primitives

/// JSON Web Signatures in their compact form, ES256 only (RFC 7515, section 3.1; RFC 8725).
package enum JWS {
    /// The longest token that is read.
    package static let tokenBytesMax = 8192

    /// A token over `payload` with the header `{"alg":"ES256","kid":…,"typ":…}`.
    ///
    /// - Parameter type: the `typ`, for example `at+jwt`: a verifier takes no token made for another use (RFC 8725,
    ///   section 3.11).
    package static func sign(_ payload: [UInt8], type: String, key: P256PrivateKey) -> String {
        let header = JSONWriter.object { json in
            json.member("alg", string: "ES256")
            json.member("kid", string: key.publicKey.keyID)
            json.member("typ", string: type)
        }
        let signed = "\(Base64URL.encode(header)).\(Base64URL.encode(payload))"
        return "\(signed).\(Base64URL.encode(key.sign(Array(signed.utf8))))"
    }
}
