/// `XINFO GROUPS`: the consumer groups of a stream.
package struct DescribeGroups: RedisCommand {
    package static let isReadOnly = true
    package let stream: String

    package init(_ stream: String) { self.stream = stream }

    package func encode() -> RedisArguments { RedisArguments("XINFO", "GROUPS", stream) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [GroupInfo] {
        var groups: [GroupInfo] = []
        for element in try reply.elements() {
            var group = GroupInfo()
            for (name, value) in try element.pairs() {
                switch name {
                case "name": group.name = try value.text()
                case "pending": group.pending = try value.integer()
                case "last-delivered-id": group.lastDelivered = try value.streamID()
                default: break
                }
            }
            groups.append(group)
        }
        return groups
    }
}

/// The state of a consumer group.
package struct GroupInfo: Hashable, Sendable {
    package var name = ""
    /// Entries that were given and are not acknowledged.
    package var pending: Int64 = 0
    /// The last entry that was given.
    package var lastDelivered = StreamID.zero

    package init() {}
}

/// `XTRIM … MINID ~`: removes entries before one, in whole blocks of the server's; gives how many.
package struct TrimStream: RedisCommand {
    package static let isReadOnly = false
    package let stream: String
    package let before: StreamID

    package init(_ stream: String, before id: StreamID) {
        self.stream = stream
        before = id
    }

    package func encode() -> RedisArguments { RedisArguments("XTRIM", stream, "MINID", "~", before.description) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}
