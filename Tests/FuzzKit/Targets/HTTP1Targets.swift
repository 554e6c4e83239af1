internal import HTTP
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

/// What the parser made of some bytes.
private struct Parsed: Equatable {
    struct Message: Equatable {
        let method: String
        let target: String
        let minorVersion: Int
        let fields: HeaderFields
        var body: [UInt8] = []
        var isComplete = false
    }

    var messages: [Message] = []
    var isRefused = false
}

extension FuzzTarget {
    private static let headerBytesMax = 16 * 1024

    /// A stream of requests through the parser and the policy: what both accept is what RFC 9112 says it is, and it
    /// does not matter how the bytes are cut. The first byte says where.
    static let http1Message = FuzzTarget(
        name: "http1-message",
        dictionary: [
            "GET / HTTP/1.1\r\n", "POST /a HTTP/1.1\r\n", "Host: a\r\n", "\r\n\r\n", "\r\n", "\n", "\r",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";ext", " ", "\t", "\0", ":", "HTTP/1.0",
            "chunked, gzip",
            "Connection: close\r\n", "Upgrade: h2c\r\n", "Connection: upgrade\r\n", "X_Y: a\r\n",
            "ffffffffffffffff\r\n",
        ]
    ) { (bytes) throws(FuzzFinding) in
        guard let first = bytes.first else { return }
        let stream = Array(bytes.dropFirst())
        let whole = parse([stream[...]])
        let cut = min(Int(first), stream.count)
        try require(parse([stream[..<cut], stream[cut...]]) == whole, "cut at \(cut) it is something else")
        var reference = HTTP1Reference(stream)
        for message in whole.messages where message.isComplete {
            guard let accepted = try? accepted(message) else { return }
            guard let request = reference.head() else { throw FuzzFinding("no request: \(message)") }
            try require(
                request.method == message.method && request.target == message.target
                    && request.minorVersion == message.minorVersion,
                "the line of \(message) is \(request)")
            var fields = HeaderFields()
            for (name, value) in request.fields { fields.append(name, value) }
            try require(fields == trimmed(message.fields), "the fields of \(message) are \(request)")
            guard let body = reference.body(accepted.framing) else { throw FuzzFinding("no body: \(message)") }
            try require(body == message.body, "the body of \(message) is \(body)")
            // Nothing behind these is read.
            guard accepted.keepsAlive, !message.fields.contains("upgrade") else { return }
        }
    }

    private static func accepted(_ message: Parsed.Message) throws(HTTP1Policy.Refusal) -> HTTP1Policy.Accepted {
        try HTTP1Policy.judge(
            HTTP1Policy.Head(
                method: message.method, target: message.target, minorVersion: message.minorVersion,
                fields: trimmed(message.fields)),
            headerBytesMax: headerBytesMax, headerFieldsMax: 100)
    }

    /// As a connection hands it to the policy.
    private static func trimmed(_ fields: HeaderFields) -> HeaderFields {
        var result = HeaderFields()
        for (name, value) in fields {
            var bytes = Array(value.utf8)
            while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
            result.append(name, bytes.text)
        }
        return result
    }

    private static func parse(_ pieces: [ArraySlice<UInt8>]) -> Parsed {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headerBytesMax
        limits.maxHeaderListSize = headerBytesMax
        limits.maxHeaderFieldCount = 100
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(decoder))
        var parsed = Parsed()
        for piece in pieces where !parsed.isRefused {
            do { try channel.writeInbound(ByteBuffer(bytes: piece)) } catch { parsed.isRefused = true }
            while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) { parsed.take(part) }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return parsed
    }

    /// Heads as lines, LF between them: method, target, minor version, then `name:value`. What is accepted can be told
    /// by simpler rules.
    static let http1Policy = FuzzTarget(
        name: "http1-policy",
        dictionary: [
            "GET\n", "CONNECT\n", "OPTIONS\n", "*\n", "/a?b\n", "http://a/x\n", "1\n", "0\n", "host:a\n",
            "host:[::1]:80\n",
            "content-length:5\n", "content-length:+5\n", "transfer-encoding:chunked\n", "transfer-encoding:gzip\n",
            "connection:close\n", "x_y:1\n",
        ]
    ) { (bytes) throws(FuzzFinding) in
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 200, omittingEmptySubsequences: false).map(
            \.text)
        guard lines.count >= 3 else { return }
        var fields = HeaderFields()
        for line in lines.dropFirst(3) where !line.isEmpty {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            fields.append(parts[0], parts.count > 1 ? parts[1] : "")
        }
        let head = HTTP1Policy.Head(
            method: lines[0], target: lines[1], minorVersion: Int(lines[2]) ?? 1, fields: fields)
        guard let accepted = try? HTTP1Policy.judge(head, headerBytesMax: headerBytesMax, headerFieldsMax: 100)
        else { return }
        try expectUnambiguous(accepted, head)
    }

    private static func expectUnambiguous(
        _ accepted: HTTP1Policy.Accepted, _ head: HTTP1Policy.Head
    ) throws(FuzzFinding) {
        try require(accepted.path == "*" || accepted.path.utf8.first == 0x2F, "the path \(accepted.path)")
        try require(head.fields.count(of: "host") <= 1, "two hosts")
        try require((0...1).contains(head.minorVersion), "version \(head.minorVersion)")
        try require(head.minorVersion == 0 || head.fields.contains("host"), "no host")
        try require(!accepted.authority.contains("@") && !accepted.authority.contains("/"), accepted.authority)
        let lengths = head.fields.values("content-length")
        let codings = head.fields.values("transfer-encoding")
        switch accepted.framing {
        case .none: try require(lengths.isEmpty && codings.isEmpty, "a body is not told")
        case .length(let length):
            try require(codings.isEmpty && lengths.count == 1 && Int(lengths[0]) == length, "\(lengths) is \(length)")
            try require(length >= 0 && lengths[0].utf8.allSatisfy { (0x30...0x39).contains($0) }, "\(lengths)")
        case .chunked:
            let isPlain = codings.map { $0.lowercased() } == ["chunked"]
            try require(lengths.isEmpty && isPlain && head.minorVersion == 1, "\(codings) \(lengths)")
        }
        for (name, value) in head.fields {
            try require(
                !name.isEmpty && !name.utf8.contains { $0 <= 0x20 || $0 == 0x5F || $0 >= 0x7F }, "the name \(name)")
            try require(!value.utf8.contains { $0 == 0 || $0 == 0x0D || $0 == 0x0A }, "a line end in \(name)")
        }
    }
}

extension Parsed {
    fileprivate mutating func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            var fields = HeaderFields()
            for (name, value) in head.headers { fields.append(name, value) }
            messages.append(
                Message(
                    method: head.method.rawValue, target: head.uri, minorVersion: head.version.minor, fields: fields))
        case .body(let bytes): messages[messages.count - 1].body += Array(bytes.readableBytesView)
        case .end: messages[messages.count - 1].isComplete = true
        }
    }
}
