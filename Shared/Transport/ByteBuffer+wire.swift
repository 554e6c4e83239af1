internal import HTTP
internal import NIOCore

extension ByteBuffer {
    func feed(_ session: HTTP2Session, now: UInt64) throws(HTTP2Failure) {
        let result: Result<Void, HTTP2Failure> = withUnsafeReadableBytes { bytes in
            do throws(HTTP2Failure) { return .success(try session.receive(bytes, now: now)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Whether the first bytes are a method and a space, as of a client that speaks plain HTTP/1.1.
    var looksLikeHTTP1: Bool {
        let first = readableBytesView.prefix(10)
        guard let space = first.firstIndex(of: 0x20), space > first.startIndex else { return false }
        return first[..<space].allSatisfy { $0 &- 0x41 < 26 }
    }

    /// A whole HTTP/1.1 answer with a line of text, after which the connection closes.
    mutating func writePlainAnswer(_ status: Int, _ text: String) {
        var fields: HeaderFields = ["content-type": "text/plain; charset=utf-8", "connection": "close"]
        fields.append("content-length", text.utf8.count)
        writeHead(status: status, fields)
        writeString(text)
    }

    /// What one connection has to say in the head of an answer, beside its fields.
    struct HeadAdditions {
        var contentLength: Int?
        var isChunked = false
        var closes = false
    }

    /// Status line and fields of HTTP/1.1 (RFC 9112 section 4), with the empty line.
    mutating func writeHead(status: Int, _ fields: HeaderFields, adding additions: HeadAdditions = HeadAdditions()) {
        reserveCapacity(minimumWritableBytes: fields.lineBytes + Self.headBytesBesideFields)
        writeStaticString("HTTP/1.1 ")
        writeString(String(status))
        writeStaticString(" ")
        writeStaticString(Self.reason(status))
        writeStaticString("\r\n")
        writeFields(fields)
        if let length = additions.contentLength {
            writeStaticString("content-length: ")
            writeString(String(length))
            writeStaticString("\r\n")
        }
        if additions.isChunked { writeStaticString("transfer-encoding: chunked\r\n") }
        if additions.closes { writeStaticString("connection: close\r\n") }
        writeStaticString("\r\n")
    }

    mutating func writeFields(_ fields: HeaderFields) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: fields.lineBytes) { fields.writeLines(to: $0) }
    }

    /// The status line and all additions, at their longest.
    private static let headBytesBesideFields = 160

    /// The customary words; clients ignore them.
    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 304: "Not Modified"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
