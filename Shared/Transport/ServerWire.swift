internal import HTTP
internal import NIOCore

/// A connection as its exchanges see it: the same acts on HTTP/2 and HTTP/1.1. On the loop only.
protocol ServerWire: AnyObject {
    /// What the handler knows of the connection, for its later requests; forgotten where it waits for them.
    var note: (any AnyObject & Sendable)? { get set }
    func informational(_ status: Int, _ exchange: ServerExchange)
    /// `contentLength` is a field to add to those of the head.
    func respond(
        _ head: ResponseHead, contentLength: Int?, body: ByteBuffer?, ends: Bool, _ exchange: ServerExchange)
    /// Takes the exchange's wish for another protocol up: 101, or 200 on HTTP/2, with these fields.
    func beginTunnel(_ fields: HeaderFields, _ exchange: ServerExchange)
    func write(_ bytes: ByteBuffer, _ exchange: ServerExchange)
    func finish(trailers: HeaderFields?, _ exchange: ServerExchange)
    /// Breaks the answer off: RST_STREAM, or on HTTP/1.1 the end of the connection.
    func reset(_ code: HTTP2ErrorCode, _ exchange: ServerExchange)
    /// The handler has read this much: the client may send as much again.
    func consume(_ bytes: Int, _ exchange: ServerExchange)
    func outboundBytes(_ exchange: ServerExchange) -> Int
    /// Whether the connection may queue more, all of its streams taken together.
    var hasRoom: Bool { get }
    /// Has `exchange.outboundDrained` called once the connection has room.
    func notifyWhenRoom(_ exchange: ServerExchange)
    /// Has `exchange.outboundDrained` called once the queue is short.
    func notifyWhenDrained(_ exchange: ServerExchange)
    /// The handler has returned.
    func handlerReturned(_ exchange: ServerExchange)
}
