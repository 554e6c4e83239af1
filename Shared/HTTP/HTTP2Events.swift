/// Hears what happens on a connection. Called in the middle of `receive` or `fillOutput`: it may submit, and must not
/// call either of those two.
package protocol HTTP2SessionDelegate: AnyObject {
    /// Server: a request's head is complete. Set `stream.receiver` here.
    func accept(_ stream: HTTP2Stream, head: consuming RequestHead, ended: Bool)
    /// The peer will open (or, to a client, has handled) no stream above `lastStreamID`.
    func goAwayReceived(lastStreamID: Int32, code: HTTP2ErrorCode)
    func settingsReceived()
    /// A stream is over, after its receiver was told: there is room for another.
    func streamClosed()
    func pingAcknowledged()
    /// A limit was passed and acted upon; the text is the reason label of a counter.
    func limitActed(_ reason: String)
    /// The peer's frames were mostly cost: `terminate` it with `enhanceYourCalm`, at once or after a while.
    func budgetSpent()
    /// Server: the answer to a request whose head is beyond the limits. Tells of the limit as `limitActed` does.
    func refusal(_ refused: RefusedHead) -> (head: ResponseHead, body: [UInt8])
}

extension HTTP2SessionDelegate {
    package func refusal(_ refused: RefusedHead) -> (head: ResponseHead, body: [UInt8]) {
        limitActed(refused.label)
        return (ResponseHead(status: refused.status, fields: ["content-length": "0"]), [])
    }
}

/// Hears what happens on one stream; same rules as for the delegate of the session.
package protocol HTTP2StreamReceiver: AnyObject {
    /// Client: the final head of the response, or an informational one (1xx).
    func received(response head: ResponseHead, ended: Bool)
    /// Bytes of the body; the pointer dies with the call. Give them back with `consume` once used.
    func received(body bytes: UnsafeRawBufferPointer)
    func received(trailers: HeaderFields)
    /// The peer's half is complete.
    func receivedEnd()
    /// What was queued fell below the low-water mark.
    func outboundDrained()
    /// The stream is over in both directions; nothing follows. `noError` after a complete exchange.
    func closed(_ code: HTTP2ErrorCode)
}
