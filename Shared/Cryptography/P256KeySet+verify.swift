internal import JSON
internal import Primitives

extension P256KeySet {
    private static let headerLimits = JSONLimits(documentBytesMax: 1024, depthMax: 1, membersMax: 8)
    private static let payloadLimits = JSONLimits(
        documentBytesMax: JWS.tokenBytesMax, depthMax: 4, membersMax: 64, elementsMax: 256)
    /// Base64url characters of a SHA-256 thumbprint.
    private static let keyIDBytes = 43

    /// Checks a compact token's form, algorithm, type, key and signature, in that order; the payload is read last, so
    /// that nothing unsigned is.
    ///
    /// `typ` must match exactly, without the `application/` that RFC 7515 would let a writer add.
    package func verify(_ token: String, expectedType: String) throws(JWSFailure) -> VerifiedJWS {
        guard token.utf8.count <= JWS.tokenBytesMax else { throw .tooLong }
        let text = Array(token.utf8)
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .partCount }
        guard let headerBytes = Base64URL.decode(parts[0]), let payloadBytes = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .encoding }

        let key = try self.key(namedBy: headerBytes, expectedType: expectedType)
        guard key.isValid(signature, for: Array(text[..<parts[1].endIndex])) else { throw .signature }
        let payload: JSONValue
        do { payload = try JSONValue.parse(payloadBytes, limits: Self.payloadLimits) } catch {
            throw .payload(error)
        }
        guard let claims = payload.object else { throw .payload(nil) }
        return VerifiedJWS(keyID: key.keyID, type: expectedType, payload: claims)
    }

    private func key(namedBy bytes: [UInt8], expectedType: String) throws(JWSFailure) -> P256PublicKey {
        let parsed: JSONValue
        do { parsed = try JSONValue.parse(bytes, limits: Self.headerLimits) } catch { throw .header(error) }
        guard let header = parsed.object else { throw .header(nil) }
        for member in header.members where !["alg", "kid", "typ"].contains(member.name) {
            throw .forbiddenHeader(member.name)
        }
        guard header["alg"]?.string == "ES256" else { throw .algorithm }
        guard header["typ"]?.string == expectedType else { throw .type }
        guard let keyID = header["kid"]?.string, keyID.utf8.count == Self.keyIDBytes,
            Base64URL.decode(keyID) != nil
        else { throw .keyID }
        guard let key = self[keyID] else { throw .unknownKey(keyID) }
        return key
    }
}
