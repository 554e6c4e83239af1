import Contract
import HTTP
import JSON
import NIOCore
import Primitives
import ServiceKit
import Synchronization
import Testing
import Transport

/// A keyed operation that one service asks of another.
enum Reserve: Endpoint {
    typealias Caller = PeerService
    struct Input: Sendable {
        let seat: String
    }
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/internal/reserve"
    static let policy = Policy(rate: .none, retry: .keyed)
    static let input = Shape(Input.init, .body("seat", \.seat))
    static let output = Answer<Nothing>.noContent
    static let summary = "Reserve a seat."
}

/// Breaks the first calls off without an answer, and notes the keys of all.
private final class Unreliable: RequestHandler {
    private let state: Mutex<(breaksLeft: Int, keys: [[String]])>

    init(breaks: Int) {
        state = Mutex((breaks, []))
    }

    var keys: [[String]] { state.withLock(\.keys) }

    func handle(_ exchange: ServerExchange) async {
        let breaks = state.withLock { state in
            state.keys.append(exchange.head.fields.values("idempotency-key"))
            state.breaksLeft -= 1
            return state.breaksLeft >= 0
        }
        if breaks { exchange.abort(.internalError) } else { exchange.respond(ResponseHead(status: 204)) }
    }
}

@Suite struct KeyedCallTests {
    private func with(breaks: Int, _ body: (PeerClient, Unreliable) async throws -> Void) async throws {
        let loops = EventLoops(threads: 1)
        let handler = Unreliable(breaks: breaks)
        let listener = try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: 0)], protocols: .http2, accept: .inTurn),
            on: loops, handler: handler)
        var configuration = ClientPoolConfiguration(host: "127.0.0.1", port: listener.port)
        configuration.connectTimeout = .seconds(20)
        let pool = await ClientPool(configuration, on: loops)
        let client = PeerClient(
            from: .content, to: .user, key: Secret(Array(repeating: 1, count: 32)), pool: pool)
        let result: Result<Void, any Error>
        do { result = .success(try await body(client, handler)) } catch { result = .failure(error) }
        await pool.close(deadline: .now)
        await listener.drain(deadline: .now)
        await loops.shutdown()
        try result.get()
    }

    private func facts(_ key: String) throws -> CallFacts {
        let claim = IdempotencyClaim(
            caller: "account:1", operationID: "book", key: try #require(IdempotencyKey(key)), method: "POST",
            target: "/", contentType: nil, body: [])
        return CallFacts(
            requestID: "r", traceparent: nil, deadline: .after(.seconds(30)),
            context: CallerContext(issuer: .gateway), idempotency: claim)
    }

    /// The key that goes on is another one, since a service makes calls for many who may have chosen the same.
    @Test func aCallsKeyGoesOnAndItIsSentAgain() async throws {
        try await with(breaks: 1) { (client, server) async throws in
            let facts = try facts("k")
            _ = try await client.call(Reserve.self, .init(seat: "1"), for: facts)
            let key = try #require(facts.idempotency?.onwardKey.text)
            #expect(server.keys == [["\"\(key)\""], ["\"\(key)\""]])
            #expect(key != "k")
        }
    }

    @Test func aKeyOfItsOwnGoesToo() async throws {
        try await with(breaks: 0) { (client, server) async throws in
            _ = try await client.call(Reserve.self, .init(seat: "1"), for: nil, key: IdempotencyKey("job \"7\""))
            #expect(server.keys == [[#""job \"7\"""#]])
        }
    }

    @Test func withoutAKeyItIsNotSentAgain() async throws {
        try await with(breaks: 1) { (client, server) async throws in
            await #expect(throws: CallFault.self) {
                try await client.call(Reserve.self, .init(seat: "1"), for: nil)
            }
            #expect(server.keys == [[]])
        }
    }

    /// In one process a service calls itself the same way.
    @Test func aLocalCallClaimsToo() async throws {
        let claims = Claims()
        let caller = LocalCaller(
            from: .content, endpoints: API(.user, Reserve.self).serve(ReserveHandler(claims: claims)))
        let facts = try facts("k")
        for seat in ["1", "1", "2"] { _ = try await caller.call(Reserve.self, .init(seat: seat), for: facts) }
        _ = try await caller.call(Reserve.self, .init(seat: "1"), for: nil)
        let found = claims.all
        #expect(found.count == 4 && found[3] == nil)
        #expect(found[0] != nil && found[0] == found[1])
        #expect(found[0]?.scope == found[2]?.scope && found[0]?.fingerprint != found[2]?.fingerprint)
        #expect(found[0]?.caller == "service:content" && found[0]?.key == facts.idempotency?.onwardKey)
    }
}

/// What handlers were told of keys.
final class Claims: Sendable {
    private let claims = Mutex<[IdempotencyClaim?]>([])

    var all: [IdempotencyClaim?] { claims.withLock { $0 } }

    func append(_ claim: IdempotencyClaim?) {
        claims.withLock { $0.append(claim) }
    }
}

private struct ReserveHandler: Handler {
    typealias Operation = Reserve
    static let honoursKeys = true
    let claims: Claims

    func handle(_ input: Reserve.Input, _ call: Call<PeerService>) async throws -> Nothing {
        claims.append(call.facts.idempotency)
        return Nothing()
    }
}
