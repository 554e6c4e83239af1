import Contract
import HTTP
import Testing

@testable import Gateway

@Suite("The handshake of WebSockets")
struct WebSocketHandshakeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    private func head(_ fields: HeaderFields, isHTTP2: Bool = false) -> RequestHead {
        var fields = fields
        if !isHTTP2 { fields.append("upgrade", "websocket") }
        return RequestHead(method: isHTTP2 ? .connect : .get, fields: fields, connectProtocol: "websocket")
    }

    @Test("has the accept of RFC 6455, section 1.3")
    func acceptance() {
        #expect(WebSocketHandshake.acceptance(of: Self.key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(WebSocketHandshake.newKey().utf8.count == 24)
        #expect(WebSocketHandshake.newKey() != WebSocketHandshake.newKey())
    }

    @Test("needs version 13, and on HTTP/1.1 one key")
    func check() throws {
        try WebSocketHandshake.check(head(["sec-websocket-version": "13", "sec-websocket-key": Self.key]))
        try WebSocketHandshake.check(head(["sec-websocket-version": "13"], isHTTP2: true))
        let bad: [HeaderFields] = [
            [:], ["sec-websocket-version": "13"], ["sec-websocket-version": "8", "sec-websocket-key": Self.key],
            ["sec-websocket-version": "13", "sec-websocket-version": "13", "sec-websocket-key": Self.key],
            ["sec-websocket-version": "13", "sec-websocket-key": Self.key, "sec-websocket-key": Self.key],
            ["sec-websocket-version": "13", "sec-websocket-key": "short"],
            ["sec-websocket-version": "13", "sec-websocket-key": Self.key, "upgrade": "websocket"],
            ["sec-websocket-version": "13", "sec-websocket-key": Self.key, "sec-websocket-protocol": " , "],
        ]
        for fields in bad { #expect(throws: Problem.self) { try WebSocketHandshake.check(head(fields)) } }
    }

    @Test("asks with a key of its own, and answers for the client's")
    func hops() throws {
        let client = head([
            "sec-websocket-version": "13", "sec-websocket-key": Self.key, "sec-websocket-protocol": "chat, other",
            "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
        ])
        var asked = HeaderFields()
        WebSocketHandshake.ask(&asked, of: client, key: "ours")
        #expect(asked.first("sec-websocket-key") == "ours" && asked.count == 4)
        let good: HeaderFields = [
            "sec-websocket-accept": WebSocketHandshake.acceptance(of: "ours"), "sec-websocket-protocol": "chat",
            "sec-websocket-extensions": "permessage-deflate", "x-other": "1",
        ]
        let answered = try WebSocketHandshake.answer(good, to: client, key: "ours")
        #expect(answered.first("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" && answered.count == 3)
        let bad: [(HeaderFields, WebSocketHandshake.UpstreamRefusal)] = [
            ([:], .accept), (["sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], .accept),
            (good + ["sec-websocket-accept": "x"], .accept), (good + ["sec-websocket-protocol": "other"], .subprotocol),
            (good + ["sec-websocket-extensions": "x-mine"], .extension),
        ]
        for (fields, refusal) in bad {
            #expect(throws: refusal) { try WebSocketHandshake.answer(fields, to: client, key: "ours") }
        }
    }
}

extension HeaderFields {
    fileprivate static func + (left: HeaderFields, right: HeaderFields) -> HeaderFields {
        var all = left
        for (name, value) in right { all.append(name, value) }
        return all
    }
}
