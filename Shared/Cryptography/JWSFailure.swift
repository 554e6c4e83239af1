package import JSON

/// Why a token was refused. For the log and for deciding whether to fetch keys anew; callers see one 401.
package enum JWSFailure: Error, Hashable, Sendable {
    case tooLong
    /// Not three parts.
    case partCount
    /// A part is not canonical base64url: padding, another alphabet, left-over bits.
    case encoding
    /// The header is not strict JSON, or not an object.
    case header(JSONFault?)
    /// A member that would change how the token is read, such as `crit`, `jku`, `jwk`, `x5c`, `x5u`, `b64`, or
    /// any other that this suite does not write.
    case forbiddenHeader(String)
    /// `alg` is missing or not ES256.
    case algorithm
    /// `typ` is missing or not the expected one.
    case type
    /// `kid` is missing or not a thumbprint.
    case keyID
    /// `kid` could be a thumbprint, and no key has it: the caller may fetch the keys anew, once.
    case unknownKey(String)
    /// The signature is not 64 bytes or not the key's.
    case signature
    /// The payload is signed, yet not strict JSON, or not an object.
    case payload(JSONFault?)
}
