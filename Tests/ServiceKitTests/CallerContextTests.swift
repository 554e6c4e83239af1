import Contract
import Primitives
import Synchronization
import Testing

@testable import ServiceKit

@Suite struct CallerContextTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let key = Secret([UInt8](repeating: 7, count: 32))
    private let context = CallerContext(
        issuer: .gateway,
        account: .init(
            id: .make(), session: .make(), roles: ["author"], permissions: ["articles:write"],
            authenticatedAt: Timestamp(seconds: 1_799_999_000), methods: ["pwd"], epoch: 3),
        clientAddress: "192.0.2.1", userAgent: "curl/8 \"ä\"")

    private var signer: CallerContextSigner { CallerContextSigner(issuer: .gateway, audience: .content, key: key) }
    private var verifier: CallerContextVerifier { CallerContextVerifier(audience: .content, keys: [.gateway: [key]]) }

    @Test func comesBackWhole() {
        #expect(verifier.verify(signer.sign(context, now: now), now: now) == context)
    }

    @Test func lastsThirtySeconds() {
        let text = signer.sign(context, now: now)
        #expect(verifier.verify(text, now: now + .seconds(30)) != nil)
        #expect(verifier.verify(text, now: now + .seconds(31)) == nil)
    }

    @Test func whatWasBelievedExpiresAllTheSame() {
        let verifier = verifier
        let text = signer.sign(context, now: now)
        for _ in 0..<2 { #expect(verifier.verify(text, now: now) == context) }
        #expect(verifier.verify(text, now: now + .seconds(30)) == context)
        #expect(verifier.verify(text, now: now + .seconds(31)) == nil)
    }

    @Test func whatWasBelievedIsNotRespelled() throws {
        let verifier = verifier
        let texts = (0..<100).lazy.map { signer.sign(context, now: now + .seconds($0)) }
        let text = try #require(texts.first { $0.contains("K") })
        #expect(verifier.verify(text, now: now) == context)
        // The Kelvin sign: Unicode takes it for a K.
        let respelled = text.replacing("K", with: "\u{212A}")
        #expect(respelled == text)
        #expect(verifier.verify(respelled, now: now) == nil)
    }

    @Test func beliefsAreBounded() {
        let believed = BelievedContexts()
        let old = BelievedContexts.Entry(context: context, expiry: now.seconds - 1)
        for number in 0..<BelievedContexts.keptMax { believed.store(old, for: Array("\(number)".utf8)[...], now: now) }
        #expect(believed.count == BelievedContexts.keptMax)
        let fresh = BelievedContexts.Entry(context: context, expiry: now.seconds + 30)
        for number in 0...BelievedContexts.keptMax {
            believed.store(fresh, for: Array("new \(number)".utf8)[...], now: now)
        }
        #expect(believed.count == 1)
        believed.store(fresh, for: ArraySlice(repeating: 0x78, count: BelievedContexts.textBytesMax + 1), now: now)
        #expect(believed.count == 1)
    }

    @Test func isForOneAudienceAndOneIssuer() {
        let text = signer.sign(context, now: now)
        #expect(CallerContextVerifier(audience: .user, keys: [.gateway: [key]]).verify(text, now: now) == nil)
        #expect(CallerContextVerifier(audience: .content, keys: [.user: [key]]).verify(text, now: now) == nil)
        let other = CallerContextVerifier(
            audience: .content, keys: [.gateway: [Secret([UInt8](repeating: 8, count: 32))]])
        #expect(other.verify(text, now: now) == nil)
    }

    @Test func anotherIssuersNameDoesNotFit() {
        // The content service holds a key of user's; it must not vouch as the gateway with it.
        let forged = CallerContextSigner(issuer: .user, audience: .content, key: key)
            .sign(CallerContext(issuer: .user), now: now)
        let renamed = "v1.gateway." + forged.dropFirst("v1.user.".count)
        #expect(verifier.verify(renamed, now: now) == nil)
    }

    @Test func everyChangedCharacterIsNoticed() {
        let text = Array(signer.sign(context, now: now).utf8)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(verifier.verify(String(decoding: changed, as: UTF8.self), now: now) == nil)
        }
        for length in 0..<text.count {
            #expect(verifier.verify(String(decoding: text[..<length], as: UTF8.self), now: now) == nil)
        }
    }
}

@Suite struct RevocationListTests {
    @Test func refusesSessionsAndOldEpochsUntilTheirTokensAreGone() {
        let clock = ManualClock()
        let list = RevocationList(clock: clock.clock)
        let (session, account) = (SessionID.make(), AccountID.make())
        list.revoke(session: session)
        list.revoke(account: account, belowEpoch: 2)
        list.revoke(account: account, belowEpoch: 1)
        #expect(list.isRevoked(session: session, account: .make(), epoch: 9))
        #expect(list.isRevoked(session: .make(), account: account, epoch: 1))
        #expect(!list.isRevoked(session: .make(), account: account, epoch: 2))
        clock.advance(by: RevocationList.lifetime + .seconds(61))
        list.revoke(session: .make())
        #expect(list.count == 1)
    }

    @Test func anEntryThatComesAgainLivesNoLonger() {
        let clock = ManualClock()
        let list = RevocationList(clock: clock.clock)
        let session = SessionID.make()
        list.revoke(session: session)
        clock.advance(by: RevocationList.lifetime)
        list.revoke(session: session)
        clock.advance(by: .seconds(61))
        list.revoke(session: .make())
        #expect(!list.isRevoked(session: session, account: .make(), epoch: 1))
    }

    @Test func whatIsForgottenForWantOfRoomIsTold() {
        let clock = ManualClock()
        let forgotten = Mutex<[Int]>([])
        let list = RevocationList(clock: clock.clock, entriesMax: 100) { count in
            forgotten.withLock { $0.append(count) }
        }
        let first = SessionID.make()
        list.revoke(session: first)
        for _ in 0..<99 { list.revoke(account: .make(), belowEpoch: 2) }
        clock.advance(by: .seconds(61))
        #expect(list.count == 100)
        list.revoke(session: .make())
        #expect(list.count == 1 && forgotten.withLock { $0 } == [100])
        #expect(!list.isRevoked(session: first, account: .make(), epoch: 1))
        // What is older than any token is not missed.
        for _ in 0..<99 { list.revoke(session: .make()) }
        clock.advance(by: RevocationList.lifetime + .seconds(1))
        list.revoke(session: .make())
        #expect(list.count == 1 && forgotten.withLock { $0 } == [100])
    }

    /// Every call waits while all entries are looked at.
    @Test func aFullListIsNotLookedThroughForEachEntry() {
        let clock = ManualClock()
        let list = RevocationList(clock: clock.clock, entriesMax: 100)
        for _ in 0...100 { list.revoke(session: .make()) }
        clock.advance(by: .seconds(59))
        // Looked through, and all are young.
        list.revoke(session: .make())
        #expect(list.count == 102)
        clock.advance(by: .seconds(2))
        for _ in 0..<10 { list.revoke(session: .make()) }
        #expect(list.count == 112)
        clock.advance(by: .seconds(4))
        list.revoke(session: .make())
        #expect(list.count == 12)
    }

    /// Neither our own wall clock nor that of whoever revoked has a say.
    @Test func timeThatIsSetBackForgetsNothing() {
        let start = Clock.monotonic.now
        #expect(Clock.monotonic.now >= start)
        #expect(start < Timestamp.now - .seconds(86_400))
    }
}

extension CallerContextTests {
    @Test("cuts a user agent by scalars, so that a signed context always fits")
    func longUserAgent() {
        #expect(CallerContext.userAgent(of: "short".utf8) == "short")
        // One character, however many accents.
        let agent = CallerContext.userAgent(of: ("e" + String(repeating: "\u{301}", count: 5000)).utf8)
        #expect(agent.unicodeScalars.count == CallerContext.userAgentScalarsMax)
        // What is not UTF-8 becomes three bytes for each one.
        let broken = CallerContext.userAgent(of: [UInt8](repeating: 0xFF, count: 5000))
        #expect(broken.unicodeScalars.count == CallerContext.userAgentScalarsMax)
    }
}

extension CallerContextVerifier {
    fileprivate func verify(_ text: String, now: Timestamp) -> CallerContext? {
        verify(Array(text.utf8)[...], now: now)
    }
}
