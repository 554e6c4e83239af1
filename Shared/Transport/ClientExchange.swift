package import HTTP
package import NIOCore
package import Primitives

/// One request to an upstream and its answer, on the loop where it was opened.
///
/// Whoever opens an exchange either reads the answer to its end or calls `cancel`; what does neither ends with the
/// deadline.
// @unchecked: every entry point checks that it is on the loop's thread.
package final class ClientExchange: @unchecked Sendable {
    /// Bytes queued above which `write` waits.
    package static let highWaterBytes = 64 * 1024

    /// An instance that has kept us waiting for less than this before the deadline is not to blame for missing it: a
    /// client that is slow to send its body, or to read its answer, would have every instance taken for faulty.
    private static let fairNanoseconds: UInt64 = 1_000_000_000

    /// When it is given up. Moves where silence alone is limited.
    package private(set) var deadline: Deadline
    private var silenceMax: Duration?
    /// When the call got its stream: until then it has waited for one.
    package let openedAt = Deadline.now
    let executor: LoopExecutor
    let connection: any ClientConnection
    /// Set on HTTP/2 only, while the exchange is open.
    var stream: HTTP2Stream?
    private(set) var isOpen = true
    /// Whether all of the request has been given to the connection, or what follows is not what the answer waits for.
    private var isGiven: Bool
    /// Since when bytes of the request wait for the instance to take them.
    private var fullSince: Deadline?
    /// Bytes of the answer wait, or have waited, for our side to read them.
    private var isUnread = false
    /// When it was last our side that the other waited for.
    private var heldUpUntil: Deadline
    /// It asks for the instance's own word, which is no call: what comes of it is judged by who asks, and not counted.
    var isProbe = false

    var head: ResponseHead?
    var inbox = BodyInbox()
    var trailersReceived: HeaderFields?
    var failure: ClientFailure?
    var headSignal: LoopSignal?
    var drained: LoopSignal?

    /// - Parameter isGiven: whether nothing follows that the answer has to wait for.
    init(_ connection: any ClientConnection, executor: LoopExecutor, deadline: Deadline, isGiven: Bool) {
        self.connection = connection
        self.executor = executor
        self.deadline = deadline
        self.isGiven = isGiven
        heldUpUntil = openedAt
    }

    /// The head of the answer; waits for it.
    @inline(__always)
    package func response() async throws(ClientFailure) -> ResponseHead {
        executor.preconditionOnLoop()
        while true {
            if let head { return head }
            if let failure { throw failure }
            if Task.isCancelled { throw cancelled() }
            let signal = headSignal ?? LoopSignal(executor)
            headSignal = signal
            await signal.wait()
        }
    }

    /// The next bytes of the answer's body; nil at its end. The upstream may send more only as it is read.
    package func next() async throws(ClientFailure) -> ByteBuffer? {
        executor.preconditionOnLoop()
        while true {
            if let bytes = inbox.take() {
                if isUnread {
                    isUnread = false
                    heldUpUntil = .now
                }
                if isOpen { connection.consume(bytes.readableBytes, self) }
                return bytes
            }
            if inbox.isEnded { return nil }
            if let failure { throw failure }
            if Task.isCancelled { throw cancelled() }
            let signal = inbox.signal ?? LoopSignal(executor)
            inbox.signal = signal
            await signal.wait()
        }
    }

    /// Fields after the body, once it has been read to its end.
    package var trailers: HeaderFields? { trailersReceived }

    /// Sends body bytes; waits while the upstream does not take them.
    package func write(_ bytes: ByteBuffer) async throws(ClientFailure) {
        executor.preconditionOnLoop()
        guard bytes.readableBytes > 0 else { return }
        guard isOpen, failure == nil else { throw failure ?? .finished }
        noteActivity()
        connection.write(bytes, self)
        while isOpen, connection.outboundBytes(self) >= Self.highWaterBytes {
            if let failure { throw failure }
            if Task.isCancelled { throw cancelled() }
            let signal = drained ?? LoopSignal(executor)
            drained = signal
            connection.notifyWhenDrained(self)
            fullSince = fullSince ?? .now
            await signal.wait()
        }
        if let failure { throw failure }
        fullSince = nil
    }

    /// Ends the request's body.
    package func finish(trailers: HeaderFields? = nil) {
        executor.preconditionOnLoop()
        guard isOpen else { return }
        if !isGiven {
            isGiven = true
            heldUpUntil = .now
        }
        connection.finish(trailers, self)
    }

    /// From now on the deadline is this long after the last byte of a body, whichever way it went.
    package func allowSilence(_ silence: Duration) {
        executor.preconditionOnLoop()
        silenceMax = silence
        deadline = .after(silence)
        if isOpen { connection.arm(deadline) }
    }

    private func noteActivity() {
        if let silenceMax { deadline = .after(silenceMax) }
    }

    /// Gives the exchange up: RST_STREAM CANCEL unless it is over. Any number of times.
    package func cancel() {
        executor.preconditionOnLoop()
        fail(.cancelled)
    }

    private func cancelled() -> ClientFailure {
        fail(.cancelled)
        return failure ?? .cancelled
    }

    /// Ends the exchange from our side.
    func fail(_ failure: ClientFailure) {
        guard isOpen else { return }
        isOpen = false
        stream?.receiver = nil
        connection.reset(.cancel, self)
        stream = nil
        connection.ended(outcome(failure))
        wakeAll(failure)
    }

    /// What the call says about the instance that was asked.
    private func outcome(_ failure: ClientFailure?) -> UpstreamMachine.Outcome {
        if isProbe { return .unknown }
        return switch failure?.code {
        case nil, .cancelled: head.map { $0.status < 500 ? .good : .fault } ?? .unknown
        case .deadlineExceeded where silenceMax != nil && head != nil: .unknown
        case .deadlineExceeded: keptUsWaiting >= Self.fairNanoseconds ? .fault : .unknown
        case .reset, .malformed, .refusedStream: .fault
        case .connectFailed, .connectTimeout, .poolExhausted, .goAway, .connectionLost, .tooLarge, .finished, .closed,
            .tunnelUnknown:
            .unknown
        }
    }

    /// For how long nothing but the instance was waited for, in nanoseconds.
    private var keptUsWaiting: UInt64 {
        guard inbox.bufferedBytes == 0, let since = isGiven ? heldUpUntil : fullSince else { return 0 }
        return Deadline.now.nanoseconds &- since.nanoseconds
    }

    private func wakeAll(_ failure: ClientFailure?) {
        if self.failure == nil { self.failure = failure }
        headSignal?.fire()
        inbox.signal?.fire()
        drained?.fire()
    }
}

extension ClientExchange: HTTP2StreamReceiver {
    package func received(response head: ResponseHead, ended: Bool) {
        guard !head.isInformational || head.status == 101 else { return }
        self.head = head
        headSignal?.fire()
    }

    package func received(body bytes: UnsafeRawBufferPointer) {
        noteBytes()
        inbox.append(bytes)
    }

    func received(body bytes: ByteBuffer) {
        noteBytes()
        inbox.append(bytes)
    }

    private func noteBytes() {
        noteActivity()
        if !inbox.isAwaited { isUnread = true }
    }

    package func received(trailers: HeaderFields) { trailersReceived = trailers }
    package func receivedEnd() { inbox.end() }
    package func outboundDrained() { drained?.fire() }

    package func closed(_ code: HTTP2ErrorCode) {
        stream = nil
        guard isOpen else { return }
        isOpen = false
        // After a complete answer the upstream may refuse the rest of the request (NO_ERROR): no failure for readers.
        let isWhole = head != nil && inbox.isEnded
        let failure = isWhole ? nil : connection.failure(for: code)
        connection.ended(outcome(failure))
        wakeAll(failure)
    }
}
