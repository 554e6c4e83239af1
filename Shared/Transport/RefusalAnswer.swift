package import HTTP

/// A request that never becomes one that a handler is asked about: its head is malformed, too large or too slow.
package struct Refusal: Sendable {
    package let head: RefusedHead
    package let connection: ConnectionInfo
    /// Since the head began to come, or was waited for; zero where nobody looked.
    package let duration: Duration

    init(_ head: RefusedHead, on connection: ConnectionInfo, now: UInt64) {
        self.head = head
        self.connection = connection
        let startedAt = head.startedAt ?? now
        duration = .nanoseconds(Int64(clamping: now > startedAt ? now - startedAt : 0))
    }
}

/// How a listener answers what is refused so.
package struct RefusalAnswer: Sendable {
    package struct Answer: Sendable {
        package var head: ResponseHead
        package var body: [UInt8]
        /// The id that stands in it.
        package var requestID: String?

        package init(head: ResponseHead, body: [UInt8], requestID: String? = nil) {
            self.head = head
            self.body = body
            self.requestID = requestID
        }
    }

    private let make: @Sendable (Refusal) -> Answer

    /// - Parameter make: `connection` and `content-length` are set afterwards.
    package init(_ make: @escaping @Sendable (Refusal) -> Answer) { self.make = make }

    func callAsFunction(_ refusal: Refusal) -> Answer {
        var answer = make(refusal)
        answer.head.fields.append("content-length", answer.body.count)
        return answer
    }

    /// A line of text.
    package static let text = RefusalAnswer { refusal in
        let fields: HeaderFields = ["content-type": "text/plain; charset=utf-8"]
        return Answer(
            head: ResponseHead(status: refusal.head.status, fields: fields),
            body: Array("Refused: \(refusal.head.reason)\n".utf8))
    }
}
