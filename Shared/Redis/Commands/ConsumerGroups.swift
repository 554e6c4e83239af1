/// `XGROUP CREATE … MKSTREAM`: makes a consumer group, and the stream where there is none. The reply tells whether
/// the group is new.
package struct CreateConsumerGroup: RedisCommand {
    package static let isReadOnly = false
    package let stream: String
    package let group: String
    /// The group is given what comes after this entry.
    package let after: StreamID

    package init(_ stream: String, group: String, after id: StreamID) {
        self.stream = stream
        self.group = group
        after = id
    }

    package func encode() -> RedisArguments {
        RedisArguments("XGROUP", "CREATE", stream, group, after.description, "MKSTREAM")
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) { try reply.acknowledged() }
}

/// `XREADGROUP`: up to `countMax` entries of each stream, which are pending for the consumer until it acknowledges
/// them.
///
/// Blocking is for `RedisGroupReader` only, whose connection is its own: it holds up everything behind it.
package struct ReadGroup: RedisCommand {
    /// Which entries are read.
    package enum Kind: Hashable, Sendable {
        /// Those that the group was not given yet.
        case new
        /// Those after an entry that the consumer was given and has not acknowledged; they count as given once more.
        case pending(after: StreamID)

        var text: String {
            switch self {
            case .new: ">"
            case .pending(let id): id.description
            }
        }
    }

    package static let isReadOnly = false
    package let streams: [String]
    package let group: String
    package let consumer: String
    package let kind: Kind
    package let countMax: Int
    let block: Duration?

    package init(_ streams: [String], group: String, consumer: String, _ kind: Kind = .new, countMax: Int) {
        self.init(streams, group: group, consumer: consumer, kind, countMax: countMax, block: nil)
    }

    init(_ streams: [String], group: String, consumer: String, _ kind: Kind, countMax: Int, block: Duration?) {
        self.streams = streams
        self.group = group
        self.consumer = consumer
        self.kind = kind
        self.countMax = countMax
        self.block = block
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("XREADGROUP", "GROUP", group, consumer, "COUNT")
        arguments.append(Int64(countMax))
        if let block {
            arguments.append("BLOCK")
            arguments.append(block.redisMilliseconds)
        }
        arguments.append("STREAMS")
        arguments.append(contentsOf: streams)
        for _ in streams { arguments.append(kind.text) }
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [GroupEntries] {
        var read: [GroupEntries] = []
        for stream in try reply.elements() {
            let nameAndEntries = try stream.elements()
            guard nameAndEntries.count == 2 else { throw stream.unexpected("a stream") }
            var entries = GroupEntries(stream: try nameAndEntries[0].text())
            for element in try nameAndEntries[1].elements() {
                let parts = try element.elements()
                guard parts.count == 2 else { throw element.unexpected("a stream entry") }
                // What was deleted while it was pending has an identifier and nothing else.
                if case .null = parts[1] {
                    entries.deleted.append(try parts[0].streamID())
                } else {
                    entries.entries.append(try element.streamEntry())
                }
            }
            read.append(entries)
        }
        return read
    }
}

/// What a group's consumer was given of one stream.
package struct GroupEntries: Hashable, Sendable {
    package let stream: String
    package var entries: [StreamEntry] = []
    /// Pending entries that are not in the stream any more.
    package var deleted: [StreamID] = []
}

/// `XACK`: how many of the entries were pending.
package struct AcknowledgeEntries: RedisCommand {
    package static let isReadOnly = false
    package let stream: String
    package let group: String
    package let ids: [StreamID]

    package init(_ stream: String, group: String, _ ids: [StreamID]) {
        self.stream = stream
        self.group = group
        self.ids = ids
    }

    package func encode() -> RedisArguments {
        RedisArguments("XACK", [stream, group] + ids.map(\.description))
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}
