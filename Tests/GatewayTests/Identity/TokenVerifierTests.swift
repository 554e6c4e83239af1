import Contract
import Cryptography
import Logging
import Primitives
import Protocol
import ServiceKit
import TestKit
import Testing

@testable import Gateway

@Suite("The token verifier")
struct TokenVerifierTests {
    private static let refusalsMax = 100

    private let key = P256PrivateKey.generate()
    private let clock = ManualClock()
    private let session = SessionID.make()
    private let account = AccountID.make()

    private func token(_ change: (inout AccessTokenClaims) -> Void = { _ in }) -> String {
        let now = clock.clock.now
        var claims = AccessTokenClaims(
            issuer: "i", subject: account.uuid, audience: "a", issuedAt: now, expiresAt: now + .seconds(900),
            clientID: "c", scopes: Role.admin.permissions, sessionID: session.uuid, authenticatedAt: now,
            methods: ["pwd"], roles: ["editor"], epoch: 3)
        change(&claims)
        return JWS.sign(claims.encoded, type: AccessTokenClaims.tokenType, key: key)
    }

    private func with(_ body: (TokenVerifier, RevocationList) async throws -> Void) async throws {
        let ring = KeyRing(
            auth: ScriptedAuth([key.publicKey]), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { await ring.run() }
        defer { running.cancel() }
        try await eventually { ring.isReady }
        let revocations = RevocationList(clock: clock.clock)
        var memory = IdentityMemory()
        memory.refusalsMax = Self.refusalsMax
        try await body(
            TokenVerifier(
                issuer: "i", audience: "a", keys: ring, revocations: revocations, memory: memory, clock: clock.clock),
            revocations)
    }

    private func refusal(_ verdict: TokenVerifier.Verdict?) -> String? {
        if case .refused(let reason, _) = verdict { reason } else { nil }
    }

    private func isForgery(_ verdict: TokenVerifier.Verdict?) -> Bool? {
        if case .refused(_, let isForgery) = verdict { isForgery } else { nil }
    }

    private func isGood(_ verdict: TokenVerifier.Verdict?) -> Bool {
        if case .good = verdict { true } else { false }
    }

    @Test("remembers a good token for a minute")
    func memory() async throws {
        try await with { verifier, _ in
            let token = token()
            #expect(verifier.recall(token) == nil)
            #expect(isGood(await verifier.verify(token)))
            clock.advance(by: .seconds(59))
            #expect(isGood(verifier.recall(token)))
            clock.advance(by: .seconds(1))
            #expect(verifier.recall(token) == nil)
            #expect(isGood(await verifier.verify(token)))
        }
    }

    @Test(
        "forgets at once what it remembers when its clock is set back, and refuses tokens of the future",
        arguments: [3600, 86_400])
    func setBack(seconds: Int) async throws {
        try await with { verifier, _ in
            let token = token()
            #expect(isGood(await verifier.verify(token)))
            clock.advance(by: .seconds(-seconds))
            #expect(verifier.recall(token) == nil)
            #expect(refusal(await verifier.verify(token)) == "notYetValid")
            // What is made from now on is good, and remembered.
            let next = self.token()
            #expect(isGood(await verifier.verify(next)))
            #expect(isGood(verifier.recall(next)))
        }
    }

    @Test("never remembers a token beyond its end")
    func expiry() async throws {
        try await with { verifier, _ in
            let token = token { $0.expiresAt = $0.issuedAt + .seconds(10) }
            #expect(isGood(await verifier.verify(token)))
            clock.advance(by: .seconds(39))
            #expect(isGood(verifier.recall(token)))
            clock.advance(by: .seconds(1))
            #expect(verifier.recall(token) == nil)
            #expect(refusal(await verifier.verify(token)) == "expired")
        }
    }

    @Test("looks at revocations every time")
    func revocation() async throws {
        try await with { verifier, revocations in
            let token = token()
            #expect(isGood(await verifier.verify(token)))
            revocations.revoke(account: account, belowEpoch: 3)
            #expect(isGood(verifier.recall(token)))
            revocations.revoke(account: account, belowEpoch: 4)
            #expect(refusal(verifier.recall(token)) == "revoked")
            let newer = self.token { $0.epoch = 4 }
            #expect(isGood(await verifier.verify(newer)))
            revocations.revoke(session: session)
            #expect(refusal(verifier.recall(newer)) == "revoked")
            #expect(refusal(await verifier.verify(newer)) == "revoked")
        }
    }

    @Test("judges one that its connection has shown as one that it remembers")
    func shown() async throws {
        try await with { verifier, revocations in
            let bytes = Array(token().utf8)
            guard case .good(let verified) = await verifier.verify(String(decoding: bytes, as: UTF8.self)) else {
                Issue.record("a good token is refused")
                return
            }
            let shown = ShownToken(bytes[...], verified)
            #expect(shown.matches(bytes[...]))
            #expect(!shown.matches(bytes.dropLast() + [UInt8(ascii: "~")]))
            #expect(isGood(verifier.recall(shown.verified)))
            revocations.revoke(session: session)
            #expect(refusal(verifier.recall(shown.verified)) == "revoked")
            clock.advance(by: .seconds(60))
            #expect(verifier.recall(shown.verified) == nil)
        }
    }

    @Test("tells forgeries from tokens that were ours")
    func forgery() async throws {
        try await with { verifier, _ in
            let old = token { claims in
                claims.issuedAt = claims.issuedAt - .seconds(2000)
                claims.expiresAt = claims.issuedAt + .seconds(900)
            }
            #expect(isForgery(await verifier.verify(old)) == false)
            #expect(isForgery(await verifier.verify(token() + "x")) == true)
            #expect(isForgery(verifier.recall(old)) == false)
            #expect(verifier.recall(token() + "x") == nil)
        }
    }

    @Test("looks once at one that is no good any more, or for others, and again when its clock is set back")
    func refused() async throws {
        try await with { verifier, _ in
            let brief = token { $0.expiresAt = $0.issuedAt + .seconds(10) }
            #expect(isGood(await verifier.verify(brief)))
            clock.advance(by: .seconds(40))
            let others = token { $0.audience = "b" }
            for (token, reason) in [(brief, "expired"), (others, "audience")] {
                #expect(verifier.recall(token) == nil)
                #expect(refusal(await verifier.verify(token)) == reason)
                clock.advance(by: .seconds(3600))
                #expect(refusal(verifier.recall(token)) == reason)
                #expect(isForgery(verifier.recall(token)) == false)
                clock.advance(by: .seconds(-3600))
            }
            clock.advance(by: .seconds(-1))
            #expect(verifier.recall(others) == nil && isGood(verifier.recall(brief)))
        }
    }

    @Test("looks again at one of the future")
    func early() async throws {
        try await with { verifier, _ in
            let early = token { $0.issuedAt = $0.issuedAt + .seconds(60) }
            #expect(refusal(await verifier.verify(early)) == "notYetValid")
            #expect(verifier.recall(early) == nil)
            clock.advance(by: .seconds(60))
            #expect(isGood(await verifier.verify(early)))
        }
    }

    @Test("remembers so many refusals and no more")
    func bounded() async throws {
        try await with { verifier, _ in
            let old = (0..<300).map { number in
                token {
                    $0.issuedAt = $0.issuedAt - .seconds(2000 + Int64(number))
                    $0.expiresAt = $0.issuedAt + .seconds(900)
                }
            }
            for token in old { _ = await verifier.verify(token) }
            let known = old.count { verifier.recall($0) != nil }
            #expect(known > 0 && known <= Self.refusalsMax, "\(known)")
        }
    }

    @Test("judges no token before there are keys, but what is no token at all")
    func withoutKeys() async {
        let ring = KeyRing(auth: ScriptedAuth([]), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let verifier = TokenVerifier(
            issuer: "i", audience: "a", keys: ring, revocations: RevocationList(clock: clock.clock),
            clock: clock.clock)
        guard case .unknown = await verifier.verify(token()) else {
            Issue.record("a token was judged without a key")
            return
        }
        #expect(isForgery(await verifier.verify("x.y.z")) == true)
    }
}
