internal import Contract
internal import Cryptography
internal import HTTP
internal import Primitives

/// The opening handshake of WebSockets (RFC 6455, section 4; RFC 8441, section 5), between a client and an upstream of
/// which each may speak HTTP/1.1 or HTTP/2.
///
/// The gateway is a party to it, hop by hop: keys are its own on either side, so that no answer that somebody kept is
/// taken for an agreement. After it the frames pass as they are. They are not looked at: masks, fragments, close codes
/// and extensions are agreed between the two ends, a reader of frames would hold or copy what only passes, and no rule
/// of the edge is about messages. Hence no frame of the gateway's own can be put between theirs either.
enum WebSocketHandshake {
    static let name = "websocket"
    private static let key = "sec-websocket-key"
    private static let accept = "sec-websocket-accept"
    private static let version = "sec-websocket-version"
    private static let subprotocol = "sec-websocket-protocol"
    private static let extensions = "sec-websocket-extensions"

    /// Is it a handshake as it must be?
    static func check(_ head: RequestHead) throws(Problem) {
        guard head.fields.values(version) == ["13"] else {
            throw Problem(
                .malformedRequest, detail: "Only version 13 of the WebSocket protocol is spoken.",
                headers: [(version, "13")])
        }
        guard head.fields.values(subprotocol).allSatisfy({ !names($0).isEmpty }) else {
            throw malformed("Sec-WebSocket-Protocol")
        }
        guard head.method != .connect else { return }
        guard head.fields.values("upgrade").count == 1, head.fields.count(of: key) == 1,
            let text = head.fields.first(key), isKey(text)
        else { throw malformed("Sec-WebSocket-Key") }
    }

    private static func malformed(_ name: String) -> Problem {
        Problem(.malformedRequest, detail: "\(name) is not what RFC 6455 says.")
    }

    /// Adds what the upstream is asked.
    ///
    /// - Parameter key: the gateway's own; nil on HTTP/2, which needs none.
    static func ask(_ target: inout HeaderFields, of head: RequestHead, key: String?) {
        for index in 0..<head.fields.count where isNegotiation(head.fields, index) {
            target.append(index, of: head.fields)
        }
        target.append(version, "13")
        if let key { target.append(Self.key, key) }
    }

    /// What the client is answered, where the upstream has agreed to what was asked.
    ///
    /// - Parameter key: as `ask` had it.
    static func answer(
        _ answer: HeaderFields, to head: RequestHead, key: String?
    ) throws(UpstreamRefusal) -> HeaderFields {
        if let key {
            guard answer.values(accept).map({ $0 == acceptance(of: key) }) == [true] else { throw .accept }
        }
        let offered = Set(head.fields.values(subprotocol).flatMap(names))
        let chosen = answer.values(subprotocol)
        guard chosen.count <= 1, chosen.allSatisfy(offered.contains) else { throw .subprotocol }
        let known = Set(head.fields.values(extensions).flatMap(extensionNames))
        guard answer.values(extensions).flatMap(extensionNames).allSatisfy(known.contains) else { throw .extension }
        var fields = HeaderFields()
        for index in 0..<answer.count where isNegotiation(answer, index) { fields.append(index, of: answer) }
        if head.method != .connect, let key = head.fields.first(Self.key) {
            fields.append(accept, acceptance(of: key))
        }
        return fields
    }

    /// An upstream that agrees to something else than it was asked.
    enum UpstreamRefusal: String, Error {
        case accept = "accept"
        case subprotocol = "subprotocol"
        case `extension` = "extension"
    }

    static func newKey() -> String { base64(Random.bytes(16)) }

    /// `Sec-WebSocket-Accept` (RFC 6455, section 4.2.2).
    static func acceptance(of key: String) -> String {
        base64(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// With the usual alphabet and padding (RFC 4648, section 4).
    private static func base64(_ bytes: [UInt8]) -> String {
        let text = Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }

    /// Sixteen bytes in base64.
    private static func isKey(_ text: String) -> Bool {
        guard text.utf8.count == 24, text.hasSuffix("==") else { return false }
        return text.utf8.dropLast(2).allSatisfy { byte in
            (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
        }
    }

    private static func isNegotiation(_ fields: HeaderFields, _ index: Int) -> Bool {
        fields.matches(index, subprotocol) || fields.matches(index, extensions)
    }

    private static func names(_ list: String) -> [String] {
        list.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }.filter { !$0.isEmpty }
    }

    private static func extensionNames(_ list: String) -> [String] {
        names(list).map { String($0.prefix { $0 != ";" }).lowercased() }
    }
}

extension RequestHead {
    /// By `Upgrade` on HTTP/1.1, or by extended CONNECT on HTTP/2.
    var asksForWebSocket: Bool { connectProtocol == WebSocketHandshake.name }
}
