package import HTTP
package import NIOCore

extension ServerExchange {
    /// The whole answer. `content-length` is set; HEAD, 204 and 304 send no body. A second answer is ignored.
    package func respond(_ head: ResponseHead, body: ByteBuffer? = nil) {
        executor.preconditionOnLoop()
        guard answer == .none, failure == nil else { return }
        answer = .complete
        let wantsLength = !head.forbidsBody && !head.fields.contains("content-length")
        let sendsBody = self.head.method != .head && !head.forbidsBody
        wire.respond(
            head, contentLength: wantsLength ? body?.readableBytes ?? 0 : nil, body: sendsBody ? body : nil, ends: true,
            self)
    }

    /// The head of an answer whose body follows through the writer. After HEAD the writer drops what it gets.
    package func start(_ head: ResponseHead) -> ResponseWriter {
        executor.preconditionOnLoop()
        let sendsBody = self.head.method != .head && !head.forbidsBody
        guard answer == .none, failure == nil else { return ResponseWriter(exchange: self, discards: true) }
        answer = sendsBody ? .streaming : .complete
        wire.respond(head, contentLength: nil, body: nil, ends: !sendsBody, self)
        return ResponseWriter(exchange: self, discards: !sendsBody)
    }

    /// Breaks off without (the rest of) an answer: RST_STREAM with this code, HTTP/1.1 closes the connection.
    package func abort(_ code: HTTP2ErrorCode = .internalError) {
        executor.preconditionOnLoop()
        // Of a tunnel our half may have ended, and the client's not.
        guard failure == nil, answer != .complete || isTunnel else { return }
        answer = .complete
        wire.reset(code, self)
    }

    /// Whether the connection's answers fill its share of memory: a whole answer is better streamed then.
    package var isCongested: Bool { !wire.hasRoom }

    func outboundDrained() { drained?.fire() }
}
