internal import HTTP
internal import ServiceKit

/// Every limit of edge.md, section 2, as a setting. What it is without one `HTTPLimits` says.
extension HTTPLimits {
    private typealias Count = (setting: Setting<Int>, path: any WritableKeyPath<HTTPLimits, Int> & Sendable)
    private typealias Time = (setting: Setting<Int>, path: any WritableKeyPath<HTTPLimits, Duration> & Sendable)

    /// The edge's limits, with what is set.
    init(_ settings: Settings) {
        self.init()
        for (setting, path) in Self.counts { self[keyPath: path] = settings(setting) }
        for (setting, path) in Self.seconds { self[keyPath: path] = .seconds(settings(setting)) }
        http2.penalty = .milliseconds(settings(Self.penalty))
    }

    private static let penalty = Setting(
        "gateway.penalty-milliseconds", default: 100, in: 0...10_000,
        "How long a client whose HTTP/2 frames were mostly cost is left without an answer before it is told to go, "
            + "in milliseconds.")

    private static func count(
        _ name: String, in range: ClosedRange<Int>, _ path: any WritableKeyPath<HTTPLimits, Int> & Sendable,
        _ text: String
    ) -> Count {
        (Setting("gateway.\(name)", default: HTTPLimits()[keyPath: path], in: range, text), path)
    }

    private static func time(
        _ name: String, in range: ClosedRange<Int>, _ path: any WritableKeyPath<HTTPLimits, Duration> & Sendable,
        _ text: String
    ) -> Time {
        let standard = Int(HTTPLimits()[keyPath: path].components.seconds)
        return (Setting("gateway.\(name)-seconds", default: standard, in: range, text + ", in seconds."), path)
    }

    private static let counts: [Count] =
        streams + [
            count(
                "header-bytes-max", in: 1024...1_048_576, \.headerBytesMax,
                "Bytes of a request's head and its trailers, 32 counted for each field."),
            count(
                "header-fields-max", in: 10...10_000, \.headerFieldsMax,
                "Fields of a request's head, each part of a cookie counted, and those of its trailers."),
            count(
                "body-floor-bytes", in: 0...1_048_576, \.bodyFloorBytesPerSecond,
                "Bytes a second that a body must come at, once it is awaited for longer than a silence may be, and "
                    + "that an answer must be taken at."),
            count(
                "pipelined-parts-max", in: 16...1_000_000, \.pipelinedPartsMax,
                "Parts of further requests that an HTTP/1.1 client may send while one is answered: heads, pieces of "
                    + "bodies, ends."),
            count(
                "chunk-overhead-bytes-max", in: 1024...16_777_216, \.chunkOverheadBytesMax,
                "Bytes that the chunks of one body may take beside its data, beyond 16 each; HTTP/1.1."),
            count(
                "connections-per-address-max", in: 1...1_000_000, \.connectionsPerAddressMax,
                "Connections that one address may have open, on both public ports together, IPv6 by /64."),
        ] + frames

    private static let streams: [Count] = [
        count(
            "streams-max", in: 1...10_000, \.http2.concurrentStreamsMax,
            "Requests that one HTTP/2 connection may have open."),
        count(
            "strained-streams-max", in: 1...10_000, \.http2.strainedStreamsMax,
            "The same while there is more to do than can be done."),
        count(
            "streams-per-read-max", in: 1...10_000, \.http2.streamsPerReadMax,
            "Requests of one read of a connection that are begun before others have their turn."),
        count(
            "stream-window-bytes", in: 16_384...16_777_216, \.http2.streamWindowBytes,
            "Bytes of one body that a client may send before they are taken."),
        count(
            "connection-window-bytes", in: 65_535...1_073_741_824, \.http2.connectionWindowBytes,
            "The same for all bodies of a connection."),
        count(
            "send-buffer-bytes-max", in: 65_536...1_073_741_824, \.http2.bufferedBytesMax,
            "Bytes of answers that wait for one HTTP/2 client to take them."),
        count(
            "early-answer-bytes-max", in: 0...1_073_741_824, \.http2.droppedBytesMax,
            "Bytes of a request that are taken, and dropped, after its answer; HTTP/2."),
    ]

    private static let frames: [Count] = [
        count(
            "header-table-bytes", in: 0...65_536, \.http2.headerTableBytesMax,
            "Bytes of the HPACK tables, one for each direction."),
        count(
            "continuations-max", in: 0...1000, \.http2.continuationsMax, "CONTINUATION frames of one head."),
        count(
            "wasted-streams-max", in: 1...1_000_000, \.http2.budget.wastedStreamsMax,
            "Streams reset by an HTTP/2 client, or by its fault, less those that ran their course."),
        count(
            "resets-max", in: 1...1_000_000, \.http2.budget.resetsMax, "Streams reset so within a period at all."),
        count("pings-per-second-max", in: 1...1_000_000, \.http2.budget.pingsPerSecondMax, "PING frames a second."),
        count(
            "settings-per-second-max", in: 1...1_000_000, \.http2.budget.settingsPerSecondMax,
            "SETTINGS frames a second."),
        count(
            "priority-frames-max", in: 1...1_000_000, \.http2.budget.priorityFramesMax,
            "PRIORITY frames beyond those for each stream."),
        count(
            "priority-frames-per-stream", in: 0...1000, \.http2.budget.priorityFramesPerStream,
            "PRIORITY frames that each stream pays for."),
        count(
            "window-updates-max", in: 1...1_000_000, \.http2.budget.windowUpdatesMax,
            "WINDOW_UPDATE frames beyond those for each frame of an answer and for each stream."),
        count(
            "window-updates-per-data-frame", in: 0...1000, \.http2.budget.windowUpdatesPerDataFrame,
            "WINDOW_UPDATE frames that each DATA frame of an answer pays for, unless the window made it tiny."),
        count(
            "window-updates-per-stream", in: 0...1000, \.http2.budget.windowUpdatesPerStream,
            "WINDOW_UPDATE frames that each stream pays for."),
        count(
            "empty-data-max", in: 1...1_000_000, \.http2.budget.emptyDataFramesMax,
            "DATA frames without data that do not end their stream, beyond one for each full frame and each "
                + "stream that ran its course."),
        count(
            "tiny-data-bytes-max", in: 256...1_073_741_824, \.http2.budget.dataDeficitBytesMax,
            "Bytes by which tiny DATA frames may fall short of that size; what is above it pays back."),
        count(
            "tiny-data-frame-bytes", in: 1...4096, \.http2.budget.dataFrameBytesMin,
            "Bytes below which a DATA frame is tiny."),
        count(
            "skipped-bytes-max", in: 1024...1_073_741_824, \.http2.budget.skippedBytesMax,
            "Bytes of frames that mean nothing to the edge, beyond what each stream pays for."),
        count(
            "settings-entries-max", in: 8...10_000, \.http2.settingsEntriesMax, "Entries of one SETTINGS frame."),
        count(
            "control-frames-max", in: 10...1_000_000, \.http2.queuedControlFramesMax,
            "Answers to PING and SETTINGS that wait for the client to take them."),
    ]

    private static let seconds: [Time] = [
        time("tls-handshake", in: 1...300, \.tlsHandshake, "How long a TLS handshake, or a PROXY header, may take"),
        time("header", in: 1...300, \.headerRead, "How long the head of a request may take"),
        time("body-idle", in: 1...3600, \.bodyIdle, "The longest silence of a body that is awaited"),
        time("send-stall", in: 1...3600, \.sendStall, "How long a client may take nothing of its answer"),
        time(
            "early-answer-idle", in: 1...300, \.http2.droppedIdle,
            "The longest silence of an HTTP/2 client that still sends after its answer"),
        time(
            "early-answer", in: 1...3600, \.http2.droppedTotal,
            "How long an HTTP/2 client may send after its answer, or leave a refusal untaken"),
        time(
            "resets-period", in: 1...3600, \.http2.budget.resetsPeriod,
            "The period in which streams that were reset are counted"),
        time("idle-http2", in: 1...86_400, \.idleHTTP2, "How long an HTTP/2 connection may be without a request"),
        time("idle-http1", in: 1...86_400, \.idleHTTP1, "The same for HTTP/1.1"),
        time(
            "connection-age", in: 10...864_000, \.ageMax,
            "The age at which a connection is ended, give or take a tenth"),
        time(
            "connection-age-grace", in: 1...86_400, \.ageGrace,
            "How long requests may go on on a connection of that age, unless they are WebSockets or event streams"),
    ]
}
