/// `XINFO STREAM`: what a stream says of itself, nil where there is none.
package struct DescribeStream: RedisCommand {
    package static let isReadOnly = true
    package let stream: String

    package init(_ stream: String) { self.stream = stream }

    package func encode() -> RedisArguments { RedisArguments("XINFO", "STREAM", stream) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> StreamInfo {
        var info = StreamInfo()
        for (name, value) in try reply.pairs() {
            switch name {
            case "length": info.length = try value.integer()
            case "last-generated-id": info.last = try value.streamID()
            case "entries-added": info.entriesAdded = try value.integer()
            case "first-entry":
                if case .array = value { info.first = try value.streamEntry().id }
            default: break
            }
        }
        return info
    }
}

/// The state of a stream.
package struct StreamInfo: Hashable, Sendable {
    /// How many entries there are.
    package var length: Int64 = 0
    /// The identifier last given, even if that entry is gone.
    package var last = StreamID.zero
    /// How many entries there ever were (Redis 7 and later); nil: not told.
    package var entriesAdded: Int64?
    /// The oldest entry that is there.
    package var first: StreamID?

    package init() {}
}
