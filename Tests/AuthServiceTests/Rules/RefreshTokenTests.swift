import AuthService
import Contract
import Primitives
import TestKit
import Testing

@Suite struct RefreshTokenTests {
    static func key(_ byte: UInt8) -> Secret<[UInt8]> { Secret([UInt8](repeating: byte, count: 32)) }
    let keyring = RefreshTokenKeyring(keys: [key(1)])

    @Test func everyTokenReadsBack() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let token = RefreshToken(
                session: SessionID(UUIDv7(at: .now, using: &generator)),
                generation: Int.random(in: 1...Int.max, using: &generator))
            let text = keyring.encode(token)
            #expect(text.utf8.count == 89)
            #expect(text.hasPrefix("v1."))
            #expect(keyring.decode(text) == token)
        }
    }

    /// The stored format is final: this text must never change.
    @Test func theFormatIsFixed() throws {
        let session = try #require(SessionID("01980000-0000-7000-8000-000000000001"))
        let text = keyring.encode(RefreshToken(session: session, generation: 258))
        let bytes = try #require(Base64URL.decode(text.dropFirst(3)))
        #expect(Hex.encode(bytes[8..<32]) == "01980000000070008000000000000001" + "0000000000000102")
        #expect(text == Self.golden)
    }

    static let golden =
        "v1.z5e2kPKy_9IBmAAAAABwAIAAAAAAAAABAAAAAAAAAQL8v2Ogt8uWet_irQY3ClJndkoITSxKegx2ZHk_aRw3eg"

    @Test func anyChangedCharacterIsRefused() {
        let text = keyring.encode(RefreshToken(session: .make(), generation: 3))
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(keyring.decode(changed) == nil)
        }
    }

    @Test(arguments: [
        "", "v1.", "v2.", "v1", "v1.AAAA", String(repeating: "A", count: 89), "v1." + String(repeating: "=", count: 86),
    ])
    func nonsenseIsRefused(_ text: String) {
        #expect(keyring.decode(text) == nil)
    }

    @Test func randomBytesAreRefused() {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let count = Int.random(in: 0...96, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(keyring.decode("v1." + Base64URL.encode(bytes)) == nil)
        }
    }

    @Test func olderKeysStillReadAndNewOnesWrite() {
        let token = RefreshToken(session: .make(), generation: 1)
        let rotated = RefreshTokenKeyring(keys: [Self.key(2), Self.key(1)])
        #expect(rotated.decode(keyring.encode(token)) == token)
        #expect(keyring.decode(rotated.encode(token)) == nil)
        #expect(RefreshTokenKeyring(keys: [Self.key(2)]).decode(keyring.encode(token)) == nil)
    }
}
