package import HTTP

/// How a listener answers what never becomes a request that its handler is asked about: a head that is malformed, too
/// large or too slow.
package struct RefusalAnswer: Sendable {
    private let make: @Sendable (_ status: Int, _ reason: String) -> (head: ResponseHead, body: [UInt8])

    /// - Parameter make: gets the status that fits and a word for the reason; `connection` and `content-length` are set
    ///   afterwards.
    package init(_ make: @escaping @Sendable (_ status: Int, _ reason: String) -> (head: ResponseHead, body: [UInt8])) {
        self.make = make
    }

    func callAsFunction(_ status: Int, _ reason: String) -> (head: ResponseHead, body: [UInt8]) {
        var answer = make(status, reason)
        answer.head.fields.append("content-length", answer.body.count)
        return answer
    }

    /// A line of text.
    package static let text = RefusalAnswer { status, reason in
        let head = ResponseHead(status: status, fields: ["content-type": "text/plain; charset=utf-8"])
        return (head, Array("Refused: \(reason)\n".utf8))
    }
}
