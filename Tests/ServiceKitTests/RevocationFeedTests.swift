import Contract
import Logging
import NIOPosix
import Primitives
import Protocol
import Redis
import Synchronization
import Testing

@testable import ServiceKit

/// Auth as it answers for revocations, or is away.
private final class ScriptedAuth: EndpointCaller {
    private let revoked: SessionID
    private let isAway = Atomic(false)

    init(revoked: SessionID) { self.revoked = revoked }

    func setAway(_ isAway: Bool) { self.isAway.store(isAway, ordering: .relaxed) }

    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        if isAway.load(ordering: .relaxed) { throw .unavailable(didNoWork: true, reason: "away") }
        let view = RevocationView(session: revoked, account: nil, epoch: nil, revokedAt: .now)
        guard let output = Items(items: [view]) as? E.Output else { throw .malformed(reason: "not asked for") }
        return output
    }
}

@Suite("The feed of revocations")
struct RevocationFeedTests {
    private let session = SessionID(UUIDv7(at: .now))
    private let account = AccountID(UUIDv7(at: .now))

    /// Events are handed in; no server is asked.
    private func feed(_ auth: ScriptedAuth, _ list: RevocationList) -> RevocationFeed {
        RevocationFeed(
            list: list, auth: auth, redis: RedisConfiguration(address: .host("127.0.0.1", port: 9)),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("asks auth for what the stream has lost")
    func loss() async {
        let (auth, list) = (ScriptedAuth(revoked: session), RevocationList())
        let feed = feed(auth, list)
        #expect(feed.silence == nil)
        await feed.receive(.started)
        #expect(list.isRevoked(session: session, account: account, epoch: 1))
        #expect(feed.silence != nil)
        #expect(!feed.isBehind)
    }

    @Test("owes auth's answer until there is one")
    func owed() async {
        let (auth, list) = (ScriptedAuth(revoked: session), RevocationList())
        let feed = feed(auth, list)
        auth.setAway(true)
        await feed.receive(.started)
        #expect(feed.silence == nil)
        #expect(feed.isBehind)
        auth.setAway(false)
        await feed.receive(.started)
        #expect(!feed.isBehind)
    }
}
