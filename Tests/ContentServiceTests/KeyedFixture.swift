import ContentService
import Contract
import HTTP
import JSON
import Postgres
import Primitives
import Protocol
import ServiceKit
import TestKit

/// The content service behind its dispatcher: what a client sees, byte for byte.
struct KeyedFixture: Sendable {
    let content: ContentFixture
    let dispatcher: EndpointDispatcher

    private static let contextKey = Secret([UInt8](repeating: 1, count: 32))

    static func with(_ body: (KeyedFixture) async throws -> Void) async throws {
        try await ContentFixture.with { (content) async throws in
            let dispatcher = EndpointDispatcher(
                endpoints: content.endpoints,
                verifier: CallerContextVerifier(audience: .content, keys: [.gateway: [contextKey]]),
                problems: Suite.problems
            ) { _ in false }
            try await body(KeyedFixture(content: content, dispatcher: dispatcher))
        }
    }

    func post(_ target: String, _ body: String = "", key: String?, as writer: Writer) async -> Reply {
        let caller = CallerContextSigner(issuer: .gateway, audience: .content, key: Self.contextKey)
            .sign(writer.context, now: .now)
        var fields: HeaderFields = ["causeway-caller": caller, "x-request-id": "r"]
        if let key { fields.append("idempotency-key", key) }
        if !body.isEmpty { fields.append("content-type", "application/json") }
        let request = InboundRequest(method: "POST", target: target, fields: fields)
        return Reply(reply: await dispatcher.respond(to: request, body: WholeBody(bytes: Array(body.utf8))))
    }

    /// As somebody who is not signed in.
    func get(_ target: String) async -> Reply {
        let caller = CallerContextSigner(issuer: .gateway, audience: .content, key: Self.contextKey)
            .sign(CallerContext(issuer: .gateway), now: .now)
        let request = InboundRequest(method: "GET", target: target, fields: ["causeway-caller": caller])
        return Reply(reply: await dispatcher.respond(to: request, body: WholeBody(bytes: [])))
    }

    func create(_ title: String, key: String?, as writer: Writer) async -> Reply {
        await post("/v1/articles", #"{"title":"\#(title)","body":"Text."}"#, key: key, as: writer)
    }

    func count(_ text: StaticString) async throws -> Int {
        try await content.database.one(Statement<Int>("t.count", text))
    }

    func articles() async throws -> Int { try await count("SELECT count(*) FROM articles") }
    func keptAnswers() async throws -> Int { try await count("SELECT count(*) FROM idempotency_answers") }

    struct Reply: Sendable, CustomStringConvertible {
        let reply: OutboundReply

        var status: Int { reply.status }
        var code: String? { reply.problemCode }
        var isReplay: Bool { reply.headers.contains { $0 == ("idempotent-replayed", "true") } }

        func header(_ name: String) -> String? { reply.headers.first(name) }

        /// All that a client sees of it but that it is a replay.
        var description: String {
            let fields = reply.headers.filter { $0.name != "idempotent-replayed" }
                .map { "\($0.name): \($0.value)" }.sorted()
            return "\(status) \(fields) \(String(decoding: reply.body, as: UTF8.self))"
        }

        subscript(_ name: String) -> String? {
            (try? JSONValue.parse(reply.body))?.object?[name]?.string
        }
    }
}

private struct WholeBody: RequestBodySource {
    let bytes: [UInt8]

    func collect(upTo bytesMax: Int) async throws(BodyRefusal) -> [UInt8] { bytes }
}
