import Cryptography
import JSON
import Primitives
import Testing

@Suite struct JWSTests {
    private static let key = P256PrivateKey.generate()
    private static let keys = P256KeySet([P256PrivateKey.generate().publicKey, key.publicKey])
    private static var kid: String { key.publicKey.keyID }

    /// A token whose signature is right, whatever its parts are.
    private static func token(header: String, payload: String = "{\"a\":1}", key: P256PrivateKey = key) -> String {
        let signed = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(payload.utf8)))"
        return "\(signed).\(Base64URL.encode(key.sign(Array(signed.utf8))))"
    }

    private static func header(_ extra: String = "") -> String {
        "{\"alg\":\"ES256\",\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"\(extra)}"
    }

    @Test func aTokenIsVerified() throws {
        let token = JWS.sign(Array("{\"a\":[1]}".utf8), type: "at+jwt", key: Self.key)
        let verified = try Self.keys.verify(token, expectedType: "at+jwt")
        #expect(verified.keyID == Self.kid)
        #expect(verified.type == "at+jwt")
        #expect(verified.payload == ["a": .array([.integer(1)])])
        #expect(throws: Never.self) { try Self.keys.verify(Self.token(header: Self.header()), expectedType: "at+jwt") }
    }

    struct Hostile: Sendable {
        let name: String
        let token: String
        let failure: JWSFailure
    }

    private static let headers: [(String, JWSFailure)] = [
        (header(",\"crit\":[\"b64\"],\"b64\":false"), .header(JSONFault(.tooDeep, offset: header().count + 7))),
        (header(",\"crit\":\"b64\""), .forbiddenHeader("crit")),
        (header(",\"jku\":\"https://example.com/keys\""), .forbiddenHeader("jku")),
        (header(",\"x5u\":\"https://example.com/cert\""), .forbiddenHeader("x5u")),
        (header(",\"x5c\":\"AA\""), .forbiddenHeader("x5c")),
        (header(",\"jwk\":\"{}\""), .forbiddenHeader("jwk")),
        (header(",\"b64\":false"), .forbiddenHeader("b64")),
        (header(",\"cty\":\"JWT\""), .forbiddenHeader("cty")),
        (header(",\"ALG\":\"none\""), .forbiddenHeader("ALG")),
        (header(",\"alg\":\"none\""), .header(JSONFault(.duplicateMember, offset: header().count))),
        ("{\"alg\":\"none\",\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .algorithm),
        ("{\"alg\":\"HS256\",\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .algorithm),
        ("{\"alg\":\"es256\",\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .algorithm),
        ("{\"alg\":[],\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .header(JSONFault(.tooDeep, offset: 7))),
        ("{\"alg\":null,\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .algorithm),
        ("{\"kid\":\"\(kid)\",\"typ\":\"at+jwt\"}", .algorithm),
        ("{\"alg\":\"ES256\",\"kid\":\"\(kid)\"}", .type),
        ("{\"alg\":\"ES256\",\"kid\":\"\(kid)\",\"typ\":\"JWT\"}", .type),
        ("{\"alg\":\"ES256\",\"kid\":\"\(kid)\",\"typ\":\"AT+JWT\"}", .type),
        ("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", .keyID),
        ("{\"alg\":\"ES256\",\"kid\":\"1\",\"typ\":\"at+jwt\"}", .keyID),
        ("{\"alg\":\"ES256\",\"kid\":7,\"typ\":\"at+jwt\"}", .keyID),
        ("{\"alg\":\"ES256\",\"kid\":\"../../../../../../../etc/passwd%00aaaaaaaaaaaa\",\"typ\":\"at+jwt\"}", .keyID),
        ("[]", .header(nil)),
        ("\"ES256\"", .header(nil)),
        ("", .header(JSONFault(.unexpectedEnd, offset: 0))),
        ("{}", .algorithm),
    ]

    @Test(arguments: headers) func aHostileHeaderIsRefused(header: String, failure: JWSFailure) {
        #expect(throws: failure) { try Self.keys.verify(Self.token(header: header), expectedType: "at+jwt") }
    }

    private static let good = token(header: header())
    private static var parts: [String] { good.split(separator: ".").map(String.init) }

    private static let forms: [(String, JWSFailure)] = [
        ("", .partCount),
        ("..", .header(JSONFault(.unexpectedEnd, offset: 0))),
        ("\(parts[0]).\(parts[1])", .partCount),
        ("\(good).", .partCount),
        ("\(good).\(good)", .partCount),
        (".\(good)", .partCount),
        ("\(parts[0]).\(parts[1]).", .signature),
        ("\(parts[0])..\(parts[2])", .signature),
        ("\(good)=", .encoding),
        ("\(parts[0])==.\(parts[1]).\(parts[2])", .encoding),
        (" \(good)", .encoding),
        ("\(good)\n", .encoding),
        ("\(parts[0]).\(parts[1])+.\(parts[2])", .encoding),
        ("\(parts[0]).\(parts[1]).\(parts[2])AA", .signature),
        ("\(parts[0]).\(parts[1]).é", .encoding),
        ("\(good)\(String(repeating: "A", count: 8192))", .tooLong),
        (String(repeating: ".", count: 8193), .tooLong),
        (String(repeating: ".", count: 8192), .partCount),
    ]

    @Test(arguments: forms) func anotherFormIsRefused(token: String, failure: JWSFailure) {
        #expect(throws: failure) { try Self.keys.verify(token, expectedType: "at+jwt") }
    }

    @Test func leftOverBitsAreRefused() throws {
        // 64 bytes leave four bits over in the last of 86 characters.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(Self.good.last)
        let value = try #require(alphabet.firstIndex(of: last))
        for bits in 1..<16 {
            let respelled = Self.good.dropLast() + String(alphabet[value + bits])
            #expect(throws: JWSFailure.encoding) { try Self.keys.verify(String(respelled), expectedType: "at+jwt") }
        }
    }

    @Test func anUnknownKeyIsNamedSoThatItCanBeFetched() {
        let stranger = P256PrivateKey.generate()
        let token = JWS.sign(Array("{}".utf8), type: "at+jwt", key: stranger)
        #expect(throws: JWSFailure.unknownKey(stranger.publicKey.keyID)) {
            try Self.keys.verify(token, expectedType: "at+jwt")
        }
    }

    @Test func aForeignSignatureUnderAKnownKidIsRefused() {
        let token = Self.token(header: Self.header(), key: P256PrivateKey.generate())
        #expect(throws: JWSFailure.signature) { try Self.keys.verify(token, expectedType: "at+jwt") }
    }

    @Test func aSignedPayloadMustBeAStrictObject() {
        func verify(_ payload: String) throws {
            _ = try Self.keys.verify(Self.token(header: Self.header(), payload: payload), expectedType: "at+jwt")
        }
        #expect(throws: JWSFailure.payload(nil)) { try verify("[]") }
        #expect(throws: JWSFailure.payload(JSONFault(.duplicateMember, offset: 7))) { try verify("{\"a\":1,\"a\":2}") }
        #expect(throws: JWSFailure.payload(JSONFault(.tooDeep, offset: 8))) { try verify("{\"a\":[[[[]]]]}") }
        #expect(throws: JWSFailure.payload(JSONFault(.unexpectedEnd, offset: 0))) { try verify("") }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func noDamagedTokenIsVerified(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let characters = Array(Self.good)
        for position in characters.indices {
            var damaged = characters
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: damaged.remove(at: position)
            case 1: damaged.insert("A", at: position)
            default:
                let alphabet = Array("AZaz09-_.=+/ \"").filter { $0 != characters[position] }
                damaged[position] = alphabet.randomElement(using: &generator) ?? "?"
            }
            #expect(throws: JWSFailure.self) { try Self.keys.verify(String(damaged), expectedType: "at+jwt") }
        }
    }
}
