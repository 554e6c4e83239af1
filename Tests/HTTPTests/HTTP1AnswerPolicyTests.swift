import HTTP
import Testing

@Suite struct HTTP1AnswerPolicyTests {
    private func judge(
        status: Int = 200, minorVersion: Int = 1, _ fields: HeaderFields, wanted: String? = nil, isHead: Bool = false
    ) throws(HTTP1AnswerPolicy.Refusal) -> Bool {
        try HTTP1AnswerPolicy.judge(
            .init(status: status, minorVersion: minorVersion, fields: fields), wanted: wanted, isHead: isHead
        ).keepsAlive
    }

    @Test func connectionsAreKeptWhereTheEndIsCertain() throws {
        #expect(try judge(["content-length": "3"]))
        #expect(try judge(["transfer-encoding": "Chunked"]))
        #expect(try judge(status: 204, [:]))
        #expect(try judge(status: 304, [:]))
        #expect(try judge([:], isHead: true))
        #expect(try judge(minorVersion: 0, ["content-length": "3", "connection": "keep-alive"]))
        #expect(try !judge([:]))
        #expect(try !judge(minorVersion: 0, ["content-length": "3"]))
        #expect(try !judge(["content-length": "3", "connection": "x, Close"]))
        #expect(try judge(["content-length": "3", "x_y": "1"]))
    }

    @Test func whatTwoReadersFrameDifferentlyIsRefused() {
        let cases: [(HTTP1AnswerPolicy.Refusal, HeaderFields)] = [
            (.lengthAndTransferEncoding, ["content-length": "3", "transfer-encoding": "chunked"]),
            (.transferEncodingUnknown, ["transfer-encoding": "gzip, chunked"]),
            (.transferEncodingUnknown, ["transfer-encoding": "identity"]),
            (.transferEncodingRepeated, ["transfer-encoding": "chunked", "transfer-encoding": "chunked"]),
            (.lengthMalformed, ["content-length": "+3"]), (.lengthMalformed, ["content-length": "3, 3"]),
            (.lengthMalformed, ["content-length": ""]),
            (.lengthRepeated, ["content-length": "3", "content-length": "3"]),
            (.fieldName, ["a b": "1", "content-length": "3"]), (.fieldValue, ["a": "b\u{1}", "content-length": "3"]),
        ]
        for (refusal, fields) in cases { #expect(throws: refusal, "\(refusal)") { try judge(fields) } }
        #expect(throws: HTTP1AnswerPolicy.Refusal.transferEncodingIn10) {
            try judge(minorVersion: 0, ["transfer-encoding": "chunked"])
        }
        #expect(throws: HTTP1AnswerPolicy.Refusal.version) { try judge(minorVersion: 2, ["content-length": "3"]) }
        #expect(throws: HTTP1AnswerPolicy.Refusal.status) { try judge(status: 600, ["content-length": "3"]) }
    }

    @Test func anotherProtocolIsSpokenOnlyWhereItWasAskedFor() throws {
        let agreed: HeaderFields = ["connection": "keep-alive, Upgrade", "upgrade": "WebSocket"]
        #expect(try !judge(status: 101, agreed, wanted: "websocket"))
        #expect(throws: HTTP1AnswerPolicy.Refusal.upgradeUnasked) { try judge(status: 101, agreed) }
        #expect(throws: HTTP1AnswerPolicy.Refusal.upgradeUnasked) { try judge(status: 101, agreed, wanted: "h2c") }
        let bad: [HeaderFields] = [
            ["upgrade": "websocket"], ["connection": "upgrade"],
            ["connection": "upgrade", "upgrade": "websocket", "content-length": "3"],
            ["connection": "upgrade", "upgrade": "websocket, h2c"],
        ]
        for fields in bad {
            #expect(throws: HTTP1AnswerPolicy.Refusal.upgradeUnasked) {
                try judge(status: 101, fields, wanted: "websocket")
            }
        }
    }

    @Test func wishesOfRequestsAreSeen() {
        func upgrade(_ fields: HeaderFields) -> String? {
            HTTP1Policy.upgrade(.init(method: "GET", target: "/", minorVersion: 1, fields: fields))
        }
        #expect(upgrade(["connection": "keep-alive, Upgrade", "upgrade": "WebSocket"]) == "websocket")
        #expect(upgrade(["connection": "upgrade", "upgrade": "h2c", "upgrade": "websocket"]) == "h2c, websocket")
        #expect(upgrade(["upgrade": "websocket"]) == nil)
        #expect(upgrade(["connection": "upgrade"]) == nil)
    }
}
