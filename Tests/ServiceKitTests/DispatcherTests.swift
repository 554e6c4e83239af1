import Contract
import HTTP
import JSON
import Postgres
import Primitives
import ServiceKit
import Testing

/// Echoes its input, or fails as it is told.
private enum Echo: Endpoint {
    typealias Caller = SignedIn
    struct Input: Sendable {
        let id: String
        let page: Int
        let text: String
    }
    struct Output: Sendable {
        let text: String
        let tag: EntityTag
    }
    enum Failure: String, DeclaredFailure { case taken = "slug-taken" }
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/echo/{id}"
    static let policy = Policy(visibility: .public, rate: .write, retry: .never, bodyBytesMax: 100)
    static let input = Shape(
        Input.init, .path("id", \.id), .query("page", \.page, .default(1)), .body("text", \.text))
    static let output = Answer.ok(Shape(Output.init, .body("text", \.text), .body("tag", \.tag)))
    static let summary = "Echo."
}

/// Reads something that has a tag.
private enum ReadEcho: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Echo.Output
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/echo"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .safe,
        deprecation: Deprecation(
            since: Timestamp(seconds: 1_800_000_000), sunset: Timestamp(seconds: 1_830_000_000), successor: "/v2/echo"))
    static let input = Nothing.shape
    static let output = Answer.ok(
        Shape(Echo.Output.init, .body("text", \.text), .body("tag", \.tag)), headers: [.etag(\.tag)])
    static let summary = "Read."
}

private struct EchoHandler: Handler {
    typealias Operation = Echo

    func handle(_ input: Echo.Input, _ call: Call<SignedIn>) async throws -> Echo.Output {
        switch input.text {
        case "taken": throw Rejection<Echo.Failure>(.taken, detail: "It is taken.")
        case "undeclared": throw Rejection<ReadFailure>(.other)
        case "away": throw PostgresFailure(.unavailable, privateDetail: "host 10.1.2.3 said no")
        case "slow": throw PostgresFailure(.timeout)
        case "called": throw CallFault.problem(code: "not-found", status: 404)
        case "bug": throw Bug()
        default: return Echo.Output(text: "\(input.id) \(input.page) \(input.text)", tag: EntityTag(version: 1))
        }
    }

    enum ReadFailure: String, DeclaredFailure { case other = "not-found" }
    struct Bug: Error { let secret = "hunter2" }
}

private struct ReadEchoHandler: Handler {
    typealias Operation = ReadEcho

    func handle(_ input: Nothing, _ call: Call<Anyone>) async throws -> Echo.Output {
        if call.facts.requestID == "fault" { throw PostgresFailure(.unavailable) }
        return Echo.Output(text: "x", tag: EntityTag(version: 4, hash: "h"))
    }
}

private struct FixedBody: RequestBodySource {
    var bytes: [UInt8]

    func collect(upTo bytesMax: Int) async throws(BodyRefusal) -> [UInt8] {
        guard bytes.count <= bytesMax else { throw .tooLarge }
        return bytes
    }
}

@Suite struct DispatcherTests {
    private static let key = Secret([UInt8](repeating: 1, count: 32))
    private static let account = CallerContext.Account(
        id: .make(), session: .make(), roles: [], permissions: [], authenticatedAt: .now, methods: [], epoch: 0)

    private func send(
        _ method: String, _ target: String, _ body: String = "", headers: HeaderFields = [:],
        anonymous: Bool = false,
        revoked: Bool = false
    ) async -> OutboundReply {
        let api = API(.content, Echo.self, ReadEcho.self)
        let dispatcher = EndpointDispatcher(
            endpoints: api.serve(EchoHandler(), ReadEchoHandler()),
            verifier: CallerContextVerifier(audience: .content, keys: [.gateway: [Self.key]]),
            problems: ProblemKind.standard + [ProblemKind("slug-taken", 409, "Taken.", cause: "", fix: "")]
        ) { _ in revoked }
        var fields = headers
        if !fields.contains("causeway-caller") {
            fields.append("causeway-caller", context(anonymous ? nil : Self.account))
        }
        if !fields.contains("x-request-id") { fields.append("x-request-id", "r1") }
        if !body.isEmpty, !fields.contains("content-type") { fields.append("content-type", "application/json") }
        return await dispatcher.respond(
            to: InboundRequest(method: method, target: target, fields: fields),
            body: FixedBody(bytes: Array(body.utf8)))
    }

    /// A context that the dispatcher believes.
    private func context(_ account: CallerContext.Account?) -> String {
        CallerContextSigner(issuer: .gateway, audience: .content, key: Self.key)
            .sign(CallerContext(issuer: .gateway, account: account), now: .now)
    }

    @Test func tellsThatAnOperationIsToGo() async {
        let cases: [(HeaderFields, Int)] = [
            ([:], 200), (["x-request-id": "fault"], 503), (["accept": "text/html"], 406),
            (["if-match": "\"9\""], 412),
        ]
        for (headers, status) in cases {
            let reply = await send("GET", "/v1/echo", headers: headers)
            #expect(reply.status == status)
            #expect(reply.headers.first("deprecation") == "@1800000000")
            #expect(reply.headers.first("sunset") == "Tue, 28 Dec 2027 13:20:00 GMT", "\(reply.headers)")
            #expect(reply.headers.first("link") == "</v2/echo>; rel=\"successor-version\"")
        }
        #expect(await send("POST", "/v1/echo/a", #"{"text":"hi"}"#).headers.first("deprecation") == nil)
        let api = API(.content, Echo.self, ReadEcho.self)
        let document = OpenAPIDocument(
            title: "", version: "1", endpoints: api.descriptions, problems: ProblemKind.standard)
        let text = String(decoding: document.encoded(), as: UTF8.self)
        #expect(text.contains(#""operationId":"readEcho","summary":"Read.","tags":["content"],"deprecated":true"#))
        #expect(text.split(separator: "\"deprecated\"").count == 2)
    }

    @Test func answers() async {
        let reply = await send("POST", "/v1/echo/a%20b?page=2", #"{"text":"hi"}"#)
        #expect(reply.status == 200)
        #expect(String(decoding: reply.body, as: UTF8.self) == #"{"text":"a b 2 hi","tag":"\"1\""}"#)
        #expect(reply.headers.contains { $0 == ("cache-control", "no-store") })
        #expect(reply.operationID == "echo")
    }

    @Test(arguments: [
        ("POST", "/v1/echo/x", #"{"text":1}"#, 422, "validation"), ("POST", "/v1/echo/x", "{", 400, "malformed-json"),
        ("POST", "/v1/echo/x", #"{"text":"a","text":"b"}"#, 400, "malformed-json"),
        ("POST", "/v1/echo/x", "[]", 422, "validation"), ("POST", "/v1/echo/x", "\"\u{FFFD}", 400, "malformed-json"),
        ("POST", "/v1/echo/x?page=a", #"{"text":"a"}"#, 400, "invalid-query"),
        ("POST", "/v1/echo/x?page=1&page=2", #"{"text":"a"}"#, 400, "invalid-query"),
        ("POST", "/v1/echo/x?other=1", #"{"text":"a"}"#, 400, "invalid-query"),
        ("POST", "/v1/echo/x", #"{"text":""# + String(repeating: "a", count: 100) + #""}"#, 413, "body-too-large"),
        ("GET", "/v1/nothing", "", 404, "not-found"), ("DELETE", "/v1/echo", "", 405, "method-not-allowed"),
        ("POST", "/v1/echo/x", #"{"text":"taken"}"#, 409, "slug-taken"),
        ("POST", "/v1/echo/x", #"{"text":"undeclared"}"#, 500, "fault"),
        ("POST", "/v1/echo/x", #"{"text":"away"}"#, 503, "unavailable"),
        ("POST", "/v1/echo/x", #"{"text":"slow"}"#, 504, "deadline-exceeded"),
        ("POST", "/v1/echo/x", #"{"text":"called"}"#, 500, "fault"),
        ("POST", "/v1/echo/x", #"{"text":"bug"}"#, 500, "fault"),
    ])
    func refuses(method: String, target: String, body: String, status: Int, code: String) async throws {
        let reply = await send(method, target, body)
        #expect(reply.status == status)
        #expect(reply.problemCode == code)
        let document = try #require(try JSONValue.parse(reply.body).object)
        #expect(document["instance"]?.string == "urn:request:r1")
        #expect(document["code"]?.string == code)
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("10.1.2.3"))
        if status == 503 { #expect(reply.headers.contains { $0.name == "retry-after" }) }
        if status == 405 { #expect(reply.headers.contains { $0 == ("allow", "GET, HEAD, OPTIONS") }) }
    }

    @Test func wantsTheRightContentType() async {
        let reply = await send("POST", "/v1/echo/x", #"{"text":"a"}"#, headers: ["content-type": "text/plain"])
        #expect(reply.status == 415)
        #expect(reply.headers.contains { $0 == ("accept-post", "application/json") })
        let parameter = await send(
            "POST", "/v1/echo/x", #"{"text":"a"}"#, headers: ["content-type": "Application/JSON; charset=UTF-8"])
        #expect(parameter.status == 200)
        #expect(await send("GET", "/v1/echo", headers: ["accept": "text/html"]).status == 406)
        #expect(await send("GET", "/v1/echo", headers: ["accept": "text/html, */*;q=0.1"]).status == 200)
    }

    @Test func believesNobodyWithoutASignedContext() async {
        #expect(await send("GET", "/v1/echo", headers: ["causeway-caller": "v1.gateway.e30.AAAA"]).status == 401)
        #expect(await send("POST", "/v1/echo/x", #"{"text":"a"}"#, anonymous: true).status == 401)
        let revoked = await send("POST", "/v1/echo/x", #"{"text":"a"}"#, revoked: true)
        #expect(revoked.problemCode == "access-token-invalid")
    }

    @Test func believesNoContextThatStandsTwice() async {
        let context = context(Self.account)
        #expect(await send("GET", "/v1/echo", headers: ["causeway-caller": context]).status == 200)
        let twice: HeaderFields = ["causeway-caller": context, "causeway-caller": context]
        #expect(await send("GET", "/v1/echo", headers: twice).status == 401)
        // Nor the first of two, whatever the second says.
        let other: HeaderFields = ["causeway-caller": context, "causeway-caller": "v1.gateway.e30.AAAA"]
        #expect(await send("GET", "/v1/echo", headers: other).status == 401)
    }

    @Test(arguments: [
        ("\"4-h\"", 304), ("W/\"4-h\"", 304), ("\"1\", \"4-h\"", 304), ("*", 304), ("\"4\"", 200), ("", 200),
    ])
    func answersIfNoneMatch(condition: String, status: Int) async {
        let reply = await send("GET", "/v1/echo", headers: ["if-none-match": condition], anonymous: true)
        #expect(reply.status == status)
        #expect(reply.body.isEmpty == (status == 304))
        #expect(reply.headers.contains { $0 == ("etag", "\"4-h\"") })
    }
}
