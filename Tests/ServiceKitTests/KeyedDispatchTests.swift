import Contract
import HTTP
import JSON
import Primitives
import ServiceKit
import Testing

/// Takes a key.
private enum Book: Endpoint {
    typealias Caller = SignedIn
    struct Input: Sendable {
        let room: String
        let text: String
    }
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/rooms/{room}/book"
    static let policy = Policy(visibility: .public, rate: .write, retry: .keyed)
    static let input = Shape(Input.init, .path("room", \.room), .body("text", \.text))
    static let output = Answer<Nothing>.noContent
    static let summary = "Book a room."
}

/// Is for anyone.
private enum Knock: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/knock"
    static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "Knock."
}

/// Reads.
private enum Look: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/knock"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "Look."
}

private struct Noting<Operation: Endpoint>: Handler where Operation.Output == Nothing {
    static var honoursKeys: Bool { Operation.policy.retry == .keyed }
    let claims: Claims

    func handle(_ input: Operation.Input, _ call: Call<Operation.Caller>) async throws -> Nothing {
        claims.append(call.facts.idempotency)
        return Nothing()
    }
}

@Suite struct KeyedDispatchTests {
    private static let key = Secret([UInt8](repeating: 1, count: 32))

    private static func account() -> CallerContext {
        CallerContext(
            issuer: .gateway,
            account: .init(
                id: .make(), session: .make(), roles: [], permissions: [], authenticatedAt: .now, methods: [],
                epoch: 0), clientAddress: "::1")
    }

    private let claims = Claims()

    private func send(
        _ method: String = "POST", _ target: String = "/v1/rooms/1/book", _ body: String = #"{"text":"a"}"#,
        keys: [String], type: String = "application/json", as context: CallerContext
    ) async -> OutboundReply {
        let api = API(.content, Book.self, Knock.self, Look.self)
        let dispatcher = EndpointDispatcher(
            endpoints: api.serve(
                Noting<Book>(claims: claims), Noting<Knock>(claims: claims), Noting<Look>(claims: claims)),
            verifier: CallerContextVerifier(audience: .content, keys: [.gateway: [Self.key]]),
            problems: ProblemKind.standard
        ) { _ in false }
        let caller = CallerContextSigner(issuer: .gateway, audience: .content, key: Self.key).sign(context, now: .now)
        var fields: HeaderFields = ["causeway-caller": caller]
        for key in keys { fields.append("idempotency-key", key) }
        if !body.isEmpty { fields.append("content-type", type) }
        let request = InboundRequest(method: method, target: target, fields: fields)
        return await dispatcher.respond(to: request, body: WholeBody(bytes: Array(body.utf8)))
    }

    @Test func whatACallAsksForMakesItsFingerprint() async throws {
        let ada = Self.account()
        #expect(await send(keys: ["k"], as: ada).status == 204)
        let changes: [() async -> OutboundReply] = [
            { await send("POST", "/v1/rooms/2/book", keys: ["k"], as: ada) },
            { await send("POST", "/v1/rooms/1/book", #"{"text":"b"}"#, keys: ["k"], as: ada) },
            { await send("POST", "/v1/rooms/1/book", #"{"text": "a"}"#, keys: ["k"], as: ada) },
            { await send(keys: ["k"], type: "application/json; charset=utf-8", as: ada) },
        ]
        for change in changes { #expect(await change().status == 204) }
        #expect(await send(keys: ["\"k\""], as: ada).status == 204)
        let found = claims.all.compactMap { $0 }
        #expect(found.count == 6 && Set(found.map(\.scope)).count == 1)
        #expect(Set(found.map(\.fingerprint)).count == 5 && found[5] == found[0])
        #expect(found[0].operationID == "book" && found[0].caller == ada.claimant && found[0].key.text == "k")
    }

    @Test func callersAndKeysAreApart() async throws {
        let (ada, bob) = (Self.account(), Self.account())
        for (context, key) in [(ada, "k"), (ada, "l"), (bob, "k")] {
            #expect(await send(keys: [key], as: context).status == 204)
        }
        let found = claims.all.compactMap { $0 }
        #expect(Set(found.map(\.scope)).count == 3 && Set(found.map(\.fingerprint)).count == 1)
    }

    @Test func withoutAKeyNothingIsClaimed() async {
        #expect(await send(keys: [], as: Self.account()).status == 204)
        #expect(claims.all == [nil])
    }

    @Test(arguments: [
        (["a", "b"], "repeated"), (["a", "a"], "repeated"), ([""], "format"), (["a b"], "format"),
        (["\"a"], "format"), ([String(repeating: "k", count: 65)], "format"), (["ä"], "format"),
    ])
    func refusesAKeyThatIsNone(keys: [String], code: String) async throws {
        let reply = await send(keys: keys, as: Self.account())
        #expect(reply.status == 400 && reply.problemCode == "idempotency-key-invalid")
        let fault = try #require(JSONValue.parse(reply.body).object?["errors"]?.array?.first?.object)
        #expect(fault["header"]?.string == "idempotency-key" && fault["code"]?.string == code)
        #expect(claims.all.isEmpty)
    }

    @Test func anAnonymousCallerHasNoKeys() async throws {
        let anonymous = CallerContext(issuer: .gateway, clientAddress: "::1")
        for keys in [["k"], ["not a key"]] {
            let reply = await send("POST", "/v1/knock", "", keys: keys, as: anonymous)
            #expect(reply.status == 400 && reply.problemCode == "idempotency-key-invalid")
        }
        #expect(await send("POST", "/v1/knock", "", keys: [], as: anonymous).status == 204)
        // Who is to sign in first is told that.
        #expect(await send(keys: ["k"], as: anonymous).status == 401)
        #expect(claims.all == [nil])
    }

    /// Reading is safe without one, and an operation that takes none is not made to judge it.
    @Test func otherOperationsDoNotLookAtKeys() async {
        for method in ["GET", "HEAD"] {
            let anonymous = CallerContext(issuer: .gateway, clientAddress: "::1")
            #expect(await send(method, "/v1/knock", "", keys: ["not a key"], as: anonymous).status == 204)
        }
        #expect(await send("POST", "/v1/knock", "", keys: ["not a key"], as: Self.account()).status == 204)
        #expect(claims.all == [nil, nil, nil])
    }
}

private struct WholeBody: RequestBodySource {
    let bytes: [UInt8]

    func collect(upTo bytesMax: Int) async throws(BodyRefusal) -> [UInt8] { bytes }
}
