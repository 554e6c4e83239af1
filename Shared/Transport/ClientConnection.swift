internal import HTTP
internal import NIOCore
internal import Primitives

/// A connection to an instance, as its pool and its exchanges see it: the same acts on HTTP/2 and HTTP/1.1. On the loop
/// only.
protocol ClientConnection: AnyObject {
    var instance: UpstreamInstance { get }
    /// What the upstream must have said first has been said.
    var isReady: Bool { get }
    /// It was not said in time.
    var isLate: Bool { get }
    var isClosed: Bool { get }
    /// Its end was announced by one side, for no fault.
    var endsInOrder: Bool { get }
    /// Whether calls go here, be there room or not.
    var takesCalls: Bool { get }
    /// How many more calls fit now.
    var room: Int { get }
    /// It has left HTTP behind, and counts as a tunnel.
    var isTunnel: Bool { get }

    /// Called once, when it stands in its channel's pipeline.
    func begin()
    /// Opens an exchange; nil when it turns out that there is no room.
    func open(_ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline) -> ClientExchange?
    /// No new call; closes when those that are open have ended.
    func retire()
    func close()
    /// Called every second or so.
    func sweep(now: UInt64)

    func write(_ bytes: ByteBuffer, _ exchange: ClientExchange)
    func finish(_ trailers: HeaderFields?, _ exchange: ClientExchange)
    /// So much of the answer was read: the upstream may send as much again.
    func consume(_ bytes: Int, _ exchange: ClientExchange)
    /// Breaks the exchange off.
    func reset(_ code: HTTP2ErrorCode, _ exchange: ClientExchange)
    func outboundBytes(_ exchange: ClientExchange) -> Int
    /// Has `exchange.outboundDrained` called once the queue is short.
    func notifyWhenDrained(_ exchange: ClientExchange)
    /// Sees to it that exchanges are looked at when this deadline has passed.
    func arm(_ deadline: Deadline)
    /// One call is over.
    func ended(_ outcome: UpstreamMachine.Outcome)
    /// What the end of an exchange means to its caller.
    func failure(for code: HTTP2ErrorCode) -> ClientFailure
}

extension ClientConnection {
    var hasRoom: Bool { room > 0 }
    var isTunnel: Bool { false }
}
