internal import HTTP

extension ServerExchange: HTTP2StreamReceiver {
    func received(response head: ResponseHead, ended: Bool) {}

    func received(body bytes: UnsafeRawBufferPointer) { inbox.append(bytes) }

    func received(trailers: HeaderFields) { trailersReceived = trailers }

    func receivedEnd() { inbox.end() }

    func closed(_ code: HTTP2ErrorCode) {
        let isWhole = code == .noError && answer == .complete
        ended(isWhole ? nil : .reset(code))
    }

    /// Acts on a request whose caller waits no more, and on a body that has stood still for too long.
    func sweep(_ limits: HTTPLimits, now: UInt64, _ observer: TransportObserver) {
        giveUp(ifExpiredAt: now)
        if inbox.isAwaited, !isTunnel, stall.readIsStalled(receivedBytes: inbox.receivedBytes, limits, now: now) {
            observer(.limited(reason: "body-read"), from: connection.peer)
            inbox.fail(.tooSlow)
        }
    }
}
