import Primitives
import Testing

@testable import Cryptography

@Suite struct PasswordHashTests {
    /// Made with the reference implementation's `argon2` command: password `password of a reader`.
    private static let references = [
        "$argon2id$v=19$m=12288,t=3,p=1$c2l4dGVlbi1ieXRlLXNsdA$L80W1G5ZWWJ+s8dhMoNs0qy1ZBKkJwEFrq0Se5SjRqw",
        "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNsdA$BwLM88pw6pC82Oq+GQMsF3c2NBrksTkUL+pSGY0DMyg",
        "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbi1ieXRlLXNsdA$N4YfpBnpO29zVBh3ik937A",
    ]
    private static let password = Secret("password of a reader")

    @Test(arguments: references) func theReferenceImplementationAgrees(phc: String) throws {
        let stored = try PasswordHash(phc: phc)
        #expect(stored.phc == phc)
        #expect(try stored.matches(Self.password))
        #expect(try !stored.matches(Secret("password of a writer")))
        let again = try PasswordHash.compute(
            password: Self.password, parameters: stored.parameters, salt: Array("sixteen-byte-slt".utf8),
            tagBytes: stored.tag.count)
        #expect(again.phc == phc)
    }

    private static let cheap =
        "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbi1ieXRlLXNsdA$BwLM88pw6pC82Oq+GQMsF3c2NBrksTkUL+pSGY0DMyg"

    private static func replacing(_ part: String, with other: String) -> String {
        guard let range = cheap.firstRange(of: part) else { return "missing" }
        return cheap[..<range.lowerBound] + other + cheap[range.upperBound...]
    }

    private static let refused: [(String, PasswordHashFailure)] = [
        ("", .malformed),
        ("password", .malformed),
        (" \(cheap)", .malformed),
        ("\(cheap)$", .malformed),
        ("\(cheap)=", .malformed),
        (String(repeating: "$", count: 5), .algorithm),
        (String(repeating: "a", count: 100_000), .malformed),
        (replacing("argon2id", with: "argon2i"), .algorithm),
        (replacing("argon2id", with: "2b"), .algorithm),
        (replacing("v=19", with: "v=16"), .version),
        (replacing("$v=19", with: ""), .malformed),
        (replacing("m=64", with: "m=65537"), .cost),
        (replacing("m=64", with: "m=7"), .cost),
        (replacing("m=64", with: "m=999999999"), .cost),
        (replacing("m=64", with: "m=99999999999999999999"), .malformed),
        (replacing("m=64", with: "m=064"), .malformed),
        (replacing("m=64", with: "m=-64"), .malformed),
        (replacing("m=64", with: "m="), .malformed),
        (replacing("t=1", with: "t=11"), .cost),
        (replacing("t=1", with: "t=0"), .malformed),
        (replacing("p=1", with: "p=2"), .cost),
        (replacing("m=64,t=1", with: "t=1,m=64"), .malformed),
        (replacing("p=1", with: "p=1,data=AA"), .malformed),
        (replacing("c2l4dGVlbi1ieXRlLXNsdA", with: "c2l4dGVlbi1ieXRlLXNs"), .length),
        (replacing("c2l4dGVlbi1ieXRlLXNsdA", with: ""), .length),
        (replacing("c2l4dGVlbi1ieXRlLXNsdA", with: "c2l4dGVlbi1ieXRlLXNsdB"), .malformed),
        (replacing("Oq+GQ", with: "Oq-GQ"), .malformed),
        (replacing("BwLM88pw6pC82Oq+GQMsF3c2NBrksTkUL+pSGY0DMyg", with: "BwLM"), .length),
    ]

    @Test(arguments: refused) func anotherStringIsRefused(phc: String, failure: PasswordHashFailure) {
        #expect(throws: failure) { try PasswordHash(phc: phc) }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func damagedStringsKeepTheirMeaningOrAreRefused(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("$=,vmtp0123456789abcXYZ+/-_ ".utf8)
        for _ in 0..<2000 {
            var bytes = Array(Self.cheap.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<bytes.count, using: &generator)
                let byte = alphabet.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                default: bytes.remove(at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let accepted = try? PasswordHash(phc: text) else { continue }
            #expect(accepted.phc == text)
            #expect(PasswordParameters.memoryKiBRange.contains(accepted.parameters.memoryKiB))
            #expect(PasswordParameters.iterationsRange.contains(accepted.parameters.iterations))
        }
    }

    /// Stored memory, passes and tag length beside 12 MiB, 3 passes and 32 bytes.
    @Test(arguments: [
        (12_288, 3, 32, false), (19_456, 3, 32, false), (12_288, 4, 32, false), (65_536, 10, 32, false),
        (12_287, 3, 32, true), (12_288, 2, 32, true), (65_536, 2, 32, true), (8, 10, 32, true),
        (12_288, 3, 16, true), (65_536, 10, 64, true),
    ])
    func onlyAWeakerHashIsOutdated(memoryKiB: Int, iterations: Int, tagBytes: Int, isOutdated: Bool) throws {
        let parameters = try #require(PasswordParameters(memoryKiB: memoryKiB, iterations: iterations))
        let stored = PasswordHash(
            parameters: parameters, salt: Array(repeating: 1, count: 16), tag: Array(repeating: 2, count: tagBytes))
        #expect(stored.isOutdated(by: .standard) == isOutdated)
    }

    @Test(arguments: [
        (47_104, 1, true), (47_103, 1, false), (19_456, 2, true), (19_455, 2, false), (12_288, 3, true),
        (12_287, 3, false), (9216, 4, true), (9215, 4, false), (7168, 5, true), (7167, 5, false), (7167, 10, false),
        (65_536, 1, true), (65_536, 10, true), (8, 10, false),
    ])
    func asStrongAsOneOfOWASPsSettings(memoryKiB: Int, iterations: Int, isStrong: Bool) throws {
        let parameters = try #require(PasswordParameters(memoryKiB: memoryKiB, iterations: iterations))
        #expect(parameters.isStrong == isStrong)
    }

    @Test func theCostIsBounded() {
        #expect(PasswordParameters(memoryKiB: 65_536, iterations: 10) != nil)
        #expect(PasswordParameters(memoryKiB: 65_537, iterations: 1) == nil)
        #expect(PasswordParameters(memoryKiB: 8, iterations: 0) == nil)
        #expect(PasswordParameters(memoryKiB: -1, iterations: 1) == nil)
        #expect(PasswordParameters.standard == PasswordParameters(memoryKiB: 12_288, iterations: 3))
    }
}
