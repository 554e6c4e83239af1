/// Every limit on what a peer may send or hold, by name. The defaults are the edge's.
package struct HTTPLimits: Sendable {
    package var http2 = HTTP2Limits()
    /// The head of one message with its trailers, 32 bytes counted for each field.
    package var headerBytesMax = 16 * 1024
    /// Fields of both, cookie crumbs counted singly.
    package var headerFieldsMax = 100
    /// Parts of later requests (heads, pieces of bodies, ends) that are held over HTTP/1.1 while one is answered; no
    /// client needs as many.
    package var pipelinedPartsMax = 512
    /// What the chunks of one body may take beside its data, over what each has for free; what comes in one read with
    /// the head is not counted.
    package var chunkOverheadBytesMax = 16 * 1024
    /// From the accepted socket to the end of the TLS handshake.
    package var tlsHandshake: Duration = .seconds(10)
    /// From the first byte of a request's head to its last.
    package var headerRead: Duration = .seconds(10)
    /// Longest silence while a body is awaited.
    package var bodyIdle: Duration = .seconds(20)
    /// A body that is awaited for longer than `bodyIdle` must have come at this pace. An answer must be taken at it.
    package var bodyFloorBytesPerSecond = 1024
    /// Longest time that a response may stand still because the peer does not take it. What it takes at less than
    /// the floor counts for no more than it is.
    package var sendStall: Duration = .seconds(20)
    /// Longest silence of an HTTP/2 connection without an open stream.
    package var idleHTTP2: Duration = .seconds(120)
    /// Longest silence of an HTTP/1.1 connection between requests.
    package var idleHTTP1: Duration = .seconds(60)
    /// Age at which a connection is drained, give or take a tenth.
    package var ageMax: Duration = .seconds(30 * 60)
    /// How long requests may go on from there. What lasts by its nature (tunnels, streams of events) stays.
    package var ageGrace: Duration = .seconds(5 * 60)
    package var connectionsPerAddressMax = 64
    package var connectionsMax = 10_000

    package init() {}

    /// Towards and between services: trusted peers, few connections, wide windows.
    package static var internalHop: HTTPLimits {
        var limits = HTTPLimits()
        limits.http2 = .internalHop
        limits.connectionsPerAddressMax = 4096
        // Only the edge knows which of its calls last; it bounds each of them by a deadline or by silence.
        limits.ageGrace = .seconds(24 * 60 * 60)
        return limits
    }
}

/// The limits of one HTTP/2 connection.
package struct HTTP2Limits: Sendable {
    package var concurrentStreamsMax = 100
    /// The same while the process has more to do than it can.
    package var strainedStreamsMax = 25
    package var streamWindowBytes = 64 * 1024
    package var connectionWindowBytes = 1024 * 1024
    /// Bytes of answers that wait in this process for the peer to take them, of all streams together.
    package var bufferedBytesMax = 1024 * 1024
    /// Requests of one read that are begun before other connections have their turn.
    package var streamsPerReadMax = 32
    /// How long a peer whose budget is spent is left without an answer before it is told to go away.
    package var penalty: Duration = .milliseconds(100)
    package var headerTableBytesMax = 4096
    package var headerBytesMax = 16 * 1024
    package var headerFieldsMax = 100
    package var continuationsMax = 5
    package var settingsEntriesMax = 32
    package var queuedControlFramesMax = 1000
    /// Bytes of a request that are taken and dropped after its answer: many clients read no answer before they have
    /// sent what they have. From then on the window stays shut.
    package var droppedBytesMax = 4 * 1024 * 1024
    /// Longest silence, and longest time, of a client that still sends after its answer; then the stream is reset with
    /// NO_ERROR.
    package var droppedIdle: Duration = .seconds(1)
    package var droppedTotal: Duration = .seconds(10)
    /// Largest head that is sent.
    package var sentHeaderBytesMax = 64 * 1024
    /// Whether a server takes extended CONNECT (RFC 8441), as WebSockets over HTTP/2 need it.
    package var takesConnectProtocol = false
    package var budget = FrameBudgetLimits()

    package init() {}

    package static var internalHop: HTTP2Limits {
        var limits = HTTP2Limits()
        limits.concurrentStreamsMax = 1000
        limits.streamWindowBytes = 64 * 1024
        // Room for every stream's window: else the answers that slow clients leave lying would fill the connection, and
        // keep all others waiting.
        limits.connectionWindowBytes = limits.streamWindowBytes * limits.concurrentStreamsMax
        limits.bufferedBytesMax = 16 * 1024 * 1024
        limits.streamsPerReadMax = 256
        limits.penalty = .zero
        limits.headerBytesMax = 32 * 1024
        limits.headerFieldsMax = 128
        limits.budget = .internalHop
        return limits
    }
}

/// How much of what costs the receiver more than the sender is forgiven (edge.md's table).
package struct FrameBudgetLimits: Sendable {
    /// Streams that were wasted by a reset, less those that were useful.
    package var wastedStreamsMax = 100
    package var resetsMax = 200
    package var resetsPeriod: Duration = .seconds(30)
    package var pingsPerSecondMax = 10
    package var settingsPerSecondMax = 5
    /// PRIORITY frames over those that each stream pays for.
    package var priorityFramesMax = 100
    package var priorityFramesPerStream = 2
    /// WINDOW_UPDATE frames over those that each stream pays for, and each DATA frame sent, unless the window made it
    /// tiny.
    package var windowUpdatesMax = 1000
    package var windowUpdatesPerStream = 2
    package var windowUpdatesPerDataFrame = 8
    /// Bytes of DATA below this size per frame are a deficit, what is above pays it back.
    package var dataFrameBytesMin = 256
    package var dataDeficitBytesMax = 64 * 1024
    /// Empty DATA frames over the full ones and the streams that ran their course.
    package var emptyDataFramesMax = 100
    /// Bytes of frames that are skipped (unknown types, DATA of streams that are over), over what each stream pays:
    /// as much as can be on its way when it is reset.
    package var skippedBytesMax = 128 * 1024
    package var skippedBytesPerStream = 64 * 1024
    package var skippedBytesCreditMax = 1024 * 1024

    package init() {}

    /// A gateway multiplexes many clients here, who all may go away at once.
    package static var internalHop: FrameBudgetLimits {
        var limits = FrameBudgetLimits()
        limits.wastedStreamsMax = 100_000
        limits.resetsMax = 100_000
        limits.priorityFramesMax = 10_000
        limits.windowUpdatesMax = 1_000_000
        limits.dataDeficitBytesMax = 64 * 1024 * 1024
        limits.emptyDataFramesMax = 100_000
        limits.skippedBytesMax = 64 * 1024 * 1024
        return limits
    }
}

extension Duration {
    /// Whole nanoseconds; none for what is negative.
    package var nanosecondsClamped: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(0, seconds)) &* 1_000_000_000 &+ UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}
