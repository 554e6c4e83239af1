internal import HTTP
internal import NIOCore
internal import Primitives

// The life of the connection: what takes too long, how it ends.
extension HTTP2ServerConnection: ServerConnection {
    func drain() {
        guard draining == nil, !isClosing else { return }
        now = Deadline.now.nanoseconds
        draining = .noticeSent(at: now)
        session.submitShutdownNotice()
        // Its answer says that the client has seen the notice.
        session.submitPing()
        needsFlush()
    }

    func close() {
        isClosing = true
        context?.close(promise: nil)
    }

    func sweep(now: UInt64) {
        self.now = now
        let limits = server.configuration.limits
        let buffered = context?.channel.bufferedBytes ?? 0
        let taken = writtenBytes.less(buffered)
        if let since = lingeringSince {
            // The last bytes may be taken as slowly as any others.
            let hold: SendClock.Hold = buffered > 0 ? .peer : .nothing
            let isStalled = socketClock.isStalled(hold, sentBytes: taken, limits, now: now)
            if isStalled || buffered == 0 && now &- since > Lingering.nanosecondsMax { return close() }
            if buffered > 0 { lingeringSince = now }
            return
        }
        guard !isClosing else { return }
        if session.streams.isEmpty { forget() }
        if socketClock.isStalled(buffered > 0 ? .peer : .nothing, sentBytes: taken, limits, now: now) {
            limited("send-stall")
            close()
            return
        }
        sweepStreams(limits, taken: taken)
        headIsLate(limits, now)
        fitStreams(limits.http2)
        session.resetAnswered(now: now)
        // In cleartext not before the client has spoken, as above.
        if session.wantsWrite, isGreeted || info.isSecure { needsFlush() }
        if case .noticeSent(let at) = draining, noticeIsOld(at, now) { sendFinalGoAway() }
        if clock.isOverdue(now) { endRequests() }
        if draining == nil {
            if clock.isOld(now) {
                limited("age")
                drain()
            } else if session.streams.isEmpty && clock.isIdle(now) {
                limited("idle")
                drain()
            }
        }
    }

    /// Many connections wait and few are busy: those that wait keep neither the memory of the most that was ever
    /// written at once, nor a token.
    private func forget() {
        output = ByteBuffer()
        note = nil
        session.forgetStrings()
    }

    /// Ends streams whose clients do not send, or take, what they should.
    private func sweepStreams(_ limits: HTTPLimits, taken: UInt64) {
        let isShut = session.isWindowShut && taken == writtenBytes
        let hold: SendClock.Hold = session.outboundBytes == 0 ? .nothing : isShut ? .peer : .other
        let allStall = windowClock.isStalled(hold, sentBytes: session.sentBytes, limits, now: now)
        for stream in session.streams {
            guard let exchange = stream.receiver as? ServerExchange else { continue }
            exchange.sweep(limits, now: now, server.observer)
            let isStalled = exchange.sending.isStalled(
                self.hold(stream, exchange, taken: taken), sentBytes: stream.sentBytes, limits, now: now)
            guard isStalled || allStall && stream.outboundBytes > 0, !stream.isReset else { continue }
            limited("send-stall")
            // It is the client that has brought it about: who does that again and again has spent its budget.
            session.reset(stream, .cancel, provoked: true)
        }
    }

    /// Whether a stream's client is to blame for what waits there. Not while its bytes wait for the socket, or others
    /// for the connection's window: those have clocks of their own.
    private func hold(_ stream: HTTP2Stream, _ exchange: ServerExchange, taken: UInt64) -> SendClock.Hold {
        let isUnderWay = exchange.sending.isUnderWay(
            sentBytes: stream.sentBytes, written: writtenBytes, taken: taken)
        if stream.outboundBytes == 0 { return .nothing }
        return !isUnderWay && session.isWindowShut(stream) ? .peer : .other
    }

    /// The connection has been old for as long as its last requests may take.
    private func endRequests() {
        for stream in session.streams where !stream.isReset {
            if let exchange = stream.receiver as? ServerExchange, exchange.mayOutliveConnection { continue }
            limited("age-grace")
            session.reset(stream, .cancel)
        }
        if session.wantsWrite { needsFlush() }
    }

    /// Fewer streams while the process has more to do than it can.
    private func fitStreams(_ limits: HTTP2Limits) {
        let wanted =
            server.configuration.isStrained()
            ? min(limits.strainedStreamsMax, limits.concurrentStreamsMax) : limits.concurrentStreamsMax
        guard session.concurrentStreamsMax != wanted, isGreeted || info.isSecure else { return }
        if wanted < session.concurrentStreamsMax { limited(FrameBudgetMachine.Reason.strainedStreams.rawValue) }
        session.limitStreams(to: wanted)
    }

    /// A head must be complete soon after its first frame.
    private func headIsLate(_ limits: HTTPLimits, _ now: UInt64) {
        guard let since = session.headStartedAt, now &- since >= limits.headerRead.nanosecondsClamped else { return }
        limited("header-read")
        session.terminate(.enhanceYourCalm)
    }

    /// Who has not acknowledged the notice has perhaps not seen it: while requests still come, the last is not known.
    private func noticeIsOld(_ sentAt: UInt64, _ now: UInt64) -> Bool {
        let heardAt = max(sentAt, clock.lastActive)
        return now >= heardAt && now - heardAt > Lingering.quietNanosecondsMax
            || now >= sentAt && now - sentAt > Lingering.noticeNanosecondsMax
    }

    func sendFinalGoAway() {
        draining = .finalSent
        session.submitGoAway(.noError)
        needsFlush()
    }
}
