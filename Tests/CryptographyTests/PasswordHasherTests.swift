import Primitives
import Testing

@testable import Cryptography

@Suite struct PasswordHasherTests {
    private static func hasher() throws -> PasswordHasher {
        let cheap = try #require(PasswordParameters(memoryKiB: 64, iterations: 1))
        return PasswordHasher(parameters: cheap, threads: 2, waitMax: .seconds(60))
    }

    @Test func aPasswordIsHashedAndChecked() async throws {
        let hasher = try Self.hasher()
        defer { hasher.shutdown() }
        for password in [
            "", "correct horse", "exactly\0as received ", "pässwörd 🔑", String(repeating: "x", count: 512),
        ] {
            let phc = try await hasher.hash(Secret(password))
            #expect(phc.hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"))
            #expect(try await hasher.verify(Secret(password), against: phc) == .match(needsRehash: false))
            #expect(try await hasher.verify(Secret(password + "?").trimmed, against: phc) == .mismatch)
            #expect(try await hasher.hash(Secret(password)) != phc)
        }
    }

    @Test func whatFollowsAZeroByteCounts() async throws {
        let hasher = try Self.hasher()
        defer { hasher.shutdown() }
        let phc = try await hasher.hash(Secret("abc\0def"))
        #expect(try await hasher.verify(Secret("abc\0xyz"), against: phc) == .mismatch)
        #expect(try await hasher.verify(Secret("abc"), against: phc) == .mismatch)
    }

    @Test func anotherCostAsksForANewHash() async throws {
        let hasher = try Self.hasher()
        defer { hasher.shutdown() }
        let weaker = try #require(PasswordParameters(memoryKiB: 32, iterations: 1))
        let password = Secret("password of a reader")
        let old = try PasswordHash.compute(password: password, parameters: weaker).phc
        #expect(try await hasher.verify(password, against: old) == .match(needsRehash: true))
        let short = try PasswordHash.compute(password: password, parameters: hasher.parameters, tagBytes: 16).phc
        #expect(try await hasher.verify(password, against: short) == .match(needsRehash: true))
        #expect(try await hasher.verify(Secret("other"), against: old) == .mismatch)
    }

    @Test func anUnknownAccountNeverMatches() async throws {
        let hasher = try Self.hasher()
        defer { hasher.shutdown() }
        #expect(try await hasher.verifyUnknownAccount(Secret("anything")) == .mismatch)
    }

    @Test func whatCannotBeCheckedIsAFailure() async throws {
        let hasher = try Self.hasher()
        await #expect(throws: PasswordHasherFailure.malformedHash(.algorithm)) {
            try await hasher.verify(Secret("a"), against: "$2b$12$a$b$c")
        }
        await #expect(throws: PasswordHasherFailure.passwordTooLong) {
            try await hasher.hash(Secret(String(repeating: "x", count: 513)))
        }
        hasher.shutdown()
        await #expect(throws: PasswordHasherFailure.stopped) { try await hasher.hash(Secret("a")) }
    }
}

extension Secret<String> {
    /// Without its first character where it would be too long, so that it stays another password of a legal length.
    fileprivate var trimmed: Secret<String> {
        exposedValue.utf8.count > PasswordHash.passwordBytesMax ? Secret(String(exposedValue.dropFirst())) : self
    }
}
