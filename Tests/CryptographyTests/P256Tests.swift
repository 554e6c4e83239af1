import JSON
import Primitives
import Testing

@testable import Cryptography

@Suite struct P256Tests {
    /// RFC 7515, appendix A.3: the key, the signing input and the signature.
    private static let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    private static let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    private static let scalar = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    private static let signed =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

    private static func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    private static func publicKey() throws -> P256PublicKey {
        try #require(P256PublicKey(x: bytes(x), y: bytes(y)))
    }

    @Test func thePublishedSignatureIsValid() throws {
        let key = try Self.publicKey()
        let signature = try Self.bytes(Self.signature)
        let message = Array(Self.signed.utf8)
        #expect(key.isValid(signature, for: message))
        #expect(!key.isValid(signature, for: message + [0x20]))
        for byte in 0..<signature.count {
            var forged = signature
            forged[byte] ^= 0x10
            #expect(!key.isValid(forged, for: message))
        }
    }

    @Test func thePublishedScalarGivesThePublishedPoint() throws {
        let key = try #require(P256PrivateKey(scalar: Secret(Self.bytes(Self.scalar))))
        #expect(try key.publicKey == Self.publicKey())
        let message = Array("message".utf8)
        #expect(key.publicKey.isValid(key.sign(message), for: message))
    }

    /// The order of the group (SEC 2, section 2.4.2) and values at its edge.
    private static let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

    @Test func hostileSignaturesAreRefused() throws {
        let key = try Self.publicKey()
        let message = Array(Self.signed.utf8)
        let good = try Self.bytes(Self.signature)
        let order = try #require(Hex.decode(Self.order))
        let zero = [UInt8](repeating: 0, count: 32)
        let one = zero.dropLast() + [1]
        let ones = [UInt8](repeating: 0xFF, count: 32)
        for r in [zero, Array(one), order, ones, Array(good[..<32])] {
            for s in [zero, Array(one), order, ones] { #expect(!key.isValid(r + s, for: message)) }
        }
        for wrong in [[], Array(good.dropLast()), good + [0], [0] + good, ECDSASignature.der(raw: good)] {
            #expect(!key.isValid(wrong, for: message))
        }
    }

    @Test func scalarsOutsideOfTheGroupAreRefused() throws {
        let order = try #require(Hex.decode(Self.order))
        let zero = [UInt8](repeating: 0, count: 32)
        for scalar in [[], zero, order, [UInt8](repeating: 0xFF, count: 32), [1], zero + [1]] {
            #expect(P256PrivateKey(scalar: Secret(scalar)) == nil)
        }
        var largest = order
        largest[31] -= 1
        let generator = try #require(P256PrivateKey(scalar: Secret(zero.dropLast() + [1])))
        let negated = try #require(P256PrivateKey(scalar: Secret(largest)))
        #expect(generator.publicKey.x == negated.publicKey.x)
        #expect(generator.publicKey.y != negated.publicKey.y)
        #expect(
            Hex.encode(generator.publicKey.x) == "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    }

    @Test func pointsOffTheCurveAreRefused() throws {
        let x = try Self.bytes(Self.x)
        let y = try Self.bytes(Self.y)
        var offCurve = y
        offCurve[31] ^= 1
        let zero = [UInt8](repeating: 0, count: 32)
        let beyondField = [UInt8](repeating: 0xFF, count: 32)
        for (x, y) in [(x, offCurve), (y, x), (zero, zero), (beyondField, y), (x, []), ([0] + x, y)] {
            #expect(P256PublicKey(x: x, y: y) == nil)
        }
    }

    /// RFC 9449, section 6.1 gives a P-256 key and its thumbprint.
    @Test func theThumbprintIsThePublishedOne() throws {
        let key = try #require(
            P256PublicKey(
                x: Self.bytes("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
                y: Self.bytes("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA")))
        #expect(key.keyID == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    }

    @Test func signaturesRoundTripThroughDER() throws {
        let key = P256PrivateKey.generate()
        // Enough that leading zeros and top bits of r and s occur.
        for count in 0..<300 {
            let message = [UInt8(count & 0xFF), UInt8(count >> 8)]
            let signature = key.sign(message)
            #expect(signature.count == 64)
            #expect(ECDSASignature.raw(der: ECDSASignature.der(raw: signature)) == signature)
            #expect(key.publicKey.isValid(signature, for: message))
        }
        #expect(ECDSASignature.der(raw: [UInt8](repeating: 0, count: 64)) == [0x30, 6, 2, 1, 0, 2, 1, 0])
        for broken in [[], [0x30], [0x30, 0], [0x30, 2, 2, 1], [0x30, 6, 2, 1, 0, 2, 2, 0]] as [[UInt8]] {
            #expect(ECDSASignature.raw(der: broken) == nil)
        }
    }

    @Test func keysDifferAndDoNotPrintThemselves() {
        let key = P256PrivateKey.generate()
        #expect(key.publicKey != P256PrivateKey.generate().publicKey)
        let printed = String(reflecting: key)
        #expect(!printed.contains(key.scalar.exposedValue.description))
        #expect(printed.contains("[redacted]"))
    }

    @Test func aKeySetReadsBack() throws {
        let keys = P256KeySet([P256PrivateKey.generate().publicKey, P256PrivateKey.generate().publicKey])
        #expect(try P256KeySet(document: JSONValue.parse(keys.document)) == keys)
        #expect(keys[keys.keys[1].keyID] == keys.keys[1])
        #expect(keys["other"] == nil)
        #expect(try P256KeySet(document: JSONValue.parse("{\"keys\":[]}")) == .empty)
    }

    @Test func aKeySetPassesOverOtherKeysAndRefusesBrokenOnes() throws {
        let key = try Self.publicKey()
        func set(_ change: (inout JSONObject) -> Void) throws -> P256KeySet {
            var jwk = key.jwk
            change(&jwk)
            return try P256KeySet(document: .object(["keys": .array([.object(jwk)])]))
        }
        #expect(try set { _ in }.keys == [key])
        #expect(
            try set {
                $0["kid"] = nil
                $0["use"] = nil
                $0["alg"] = nil
            }.keys == [key])
        #expect(try set { $0["kty"] = .string("RSA") }.keys.isEmpty)
        #expect(try set { $0["crv"] = .string("P-384") }.keys.isEmpty)
        #expect(try set { $0["use"] = .string("enc") }.keys.isEmpty)
        #expect(try set { $0["alg"] = .integer(1) }.keys.isEmpty)
        #expect(throws: JWKFailure.privateKey) { try set { $0["d"] = .string("AA") } }
        #expect(throws: JWKFailure.keyIDMismatch) { try set { $0["kid"] = .string("mine") } }
        #expect(throws: JWKFailure.keyIDMismatch) { try set { $0["kid"] = .integer(1) } }
        #expect(throws: JWKFailure.invalidPoint) { try set { $0["y"] = $0["x"] } }
        #expect(throws: JWKFailure.invalidPoint) { try set { $0["x"] = .string(Self.x + "=") } }
        #expect(throws: JWKFailure.malformedSet) { try P256KeySet(document: .array([])) }
        #expect(throws: JWKFailure.malformedSet) { try P256KeySet(document: .object(["keys": .array([.null])])) }
        let many = JSONValue.array(Array(repeating: .object(key.jwk), count: 17))
        #expect(throws: JWKFailure.malformedSet) { try P256KeySet(document: .object(["keys": many])) }
    }
}
