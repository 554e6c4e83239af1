internal import NIOCore

/// One stream of a session: what is being received of its head, what waits to be sent.
///
/// Confined to the loop of its connection. The session holds it from open to close, and the library hands
/// it back by pointer, so that no event needs a dictionary.
package final class HTTP2Stream {
    /// Below this a writer that waits is resumed.
    package static let lowWaterBytes = 16 * 1024

    package internal(set) var id: Int32
    /// Hears the events of the stream; let go when it closes.
    package var receiver: (any HTTP2StreamReceiver)?
    package internal(set) var isClosed = false
    /// Bytes queued that flow control has not let out yet.
    package var outboundBytes: Int { outbound?.readableBytes ?? 0 }
    /// Grows whenever body bytes go out: who watches for stalls compares.
    package internal(set) var sentBytes: UInt64 = 0
    /// Body bytes received that nobody has given back with `consume`.
    package internal(set) var unconsumedBytes = 0

    /// It carries another protocol both ways (RFC 9113, section 8.5).
    package var isTunnel = false

    // Where the session keeps the stream.
    var slot = 0

    // Inbound.
    var headReceived = false
    var inboundEnded = false
    /// How large the head was, and of how many fields: its trailers count with it.
    var headBytes = 0
    var headFields = 0

    // Outbound.
    var outbound: ByteBuffer?
    var outboundTrailers: HeaderFields?
    var outboundEnded = false
    var endSent = false
    var isDeferred = false
    /// When the answer was complete although the request was not; what still comes of it is dropped.
    var answeredAt: UInt64?
    /// How much has come since then, and when the last of it did.
    var droppedBytes = 0
    var droppedAt: UInt64 = 0
    /// A limit on that was passed.
    var dropsNoMore = false
    var writerWaits = false
    /// When its head was refused: answering it was a waste, whatever becomes of it.
    var refusedAt: UInt64?
    /// What it is reset for was told: something in it was malformed.
    var isMalformed = false
    /// We reset it ourselves, for a reason that is not the peer's fault.
    var resetByUs = false
    /// RST_STREAM is on its way, and waits perhaps for the socket.
    package internal(set) var isReset = false

    init(id: Int32, receiver: (any HTTP2StreamReceiver)?) {
        self.id = id
        self.receiver = receiver
    }

    /// Asks for `outboundDrained` once the queue is short.
    package func notifyWhenDrained() { writerWaits = true }

    func queue(_ bytes: ByteBuffer) {
        guard outbound != nil, outboundBytes > 0 else {
            outbound = bytes
            return
        }
        outbound?.writeImmutableBuffer(bytes)
    }
}

/// A header block while its fields arrive.
struct InboundHead {
    var method: RequestMethod?
    var scheme = ""
    var authority: String?
    var path = ""
    var connectProtocol: String?
    var status = 0
    var fields = HeaderFields()
    /// All bytes and fields seen, also those not kept; of trailers those of the head too.
    var sizeBytes = 0
    var count = 0
    /// The limit that it is beyond.
    var excess: FrameBudgetMachine.Reason?
    /// Why the library refuses it.
    var malformation: HTTP2Malformation?
}
