package import HTTP
internal import NIOCore
package import Primitives

/// One request and its answer, for HTTP/2 and HTTP/1.1 alike.
///
/// Confined to the loop of its connection: a handler stays there by itself, since its task prefers that loop.
// @unchecked: every entry point checks that it is on the loop's thread.
package final class ServerExchange: @unchecked Sendable {
    enum Answer { case none, streaming, complete }

    package let head: RequestHead
    package private(set) var connection: ConnectionInfo
    /// When the head was complete, monotonic.
    package let startedAt: Deadline

    let executor: LoopExecutor
    let wire: any ServerWire
    /// Set on HTTP/2 only.
    let stream: HTTP2Stream?
    private var task: Task<Void, Never>?

    var answer = Answer.none
    var inbox = BodyInbox()
    var trailersReceived: HeaderFields?
    var continueWanted: Bool
    var drained: LoopSignal?
    var failure: BodyFailure?
    var stall = StallClock()
    /// Of an HTTP/2 stream; on HTTP/1.1 the connection has one for all.
    var sending = SendClock()
    /// It has become a tunnel: silence is in order.
    var isTunnel = false
    private(set) var isLasting = false
    private var isLong = false
    /// Monotonic nanoseconds.
    private var expiresAt = UInt64.max

    init(
        head: RequestHead, connection: ConnectionInfo, executor: LoopExecutor, wire: any ServerWire,
        stream: HTTP2Stream?, ended: Bool, now: UInt64
    ) {
        self.head = head
        self.connection = connection
        self.executor = executor
        self.wire = wire
        self.stream = stream
        startedAt = Deadline(nanoseconds: now)
        inbox.isEnded = ended
        continueWanted = !ended && head.expectsContinue
    }

    /// The loop this exchange is confined to.
    package var loop: LoopExecutor { executor }

    /// The request's body.
    package var body: BodyReader { BodyReader(exchange: self) }

    /// The same for all exchanges of one connection, while any of them is there.
    package var connectionID: ObjectIdentifier { ObjectIdentifier(wire) }

    /// What the handler knows of the connection: kept for its later requests, and forgotten where it waits for them.
    package var note: (any AnyObject & Sendable)? {
        get { wire.note }
        set { wire.note = newValue }
    }

    /// Fields after the body, once it has been read to its end.
    package var trailers: HeaderFields? { trailersReceived }

    /// Whether an answer has begun.
    package var isAnswered: Bool { answer != .none }

    /// Whether the client is gone or the stream was reset.
    package var isBroken: Bool { failure != nil }

    /// Takes the word of a proxy that is believed for whom the request is from.
    package func comes(from client: PeerAddress) {
        connection = connection.speaking(for: client)
    }

    /// Is no work in flight from here on: a socket, or a stream of events, that stays open as long as its client.
    package func becomeLasting() {
        executor.preconditionOnLoop()
        guard !isLasting else { return }
        isLasting = true
        executor.requestsInFlight -= 1
    }

    /// May go on when its connection is old: its silence is limited, not its length.
    package func becomeLong() {
        executor.preconditionOnLoop()
        isLong = true
    }

    /// Whoever asked stops waiting then: soon after it, the task is cancelled if there is no answer.
    package func expire(at deadline: Deadline) {
        executor.preconditionOnLoop()
        expiresAt = deadline.nanoseconds
    }

    var mayOutliveConnection: Bool { isLasting || isLong }

    func giveUp(ifExpiredAt now: UInt64) {
        guard now >= expiresAt, answer == .none else { return }
        expiresAt = .max
        task?.cancel()
    }

    func run(_ server: ServerContext) {
        executor.requestsInFlight += 1
        task = executor.handlers.handle(self, server)
    }

    func handlerReturned() {
        executor.preconditionOnLoop()
        if !isLasting { executor.requestsInFlight -= 1 }
        task = nil
        switch answer {
        case .complete: break
        case .none, .streaming: if failure == nil { wire.reset(.internalError, self) }
        }
        wire.handlerReturned(self)
    }

    /// The stream or the connection is over. Only the first call counts.
    func ended(_ failure: BodyFailure?) {
        if let failure, self.failure == nil {
            self.failure = failure
            inbox.fail(failure)
            drained?.fire()
            task?.cancel()
        }
    }
}
