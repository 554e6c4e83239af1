/// `XPENDING`: a group's entries that were given and are not acknowledged, oldest first, up to `countMax` between two
/// identifiers, both included.
package struct PendingEntries: RedisCommand {
    package static let isReadOnly = true
    package let stream: String
    package let group: String
    package let from: StreamID?
    package let through: StreamID?
    package let countMax: Int

    package init(_ stream: String, group: String, from: StreamID? = nil, through: StreamID? = nil, countMax: Int) {
        self.stream = stream
        self.group = group
        self.from = from
        self.through = through
        self.countMax = countMax
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments(
            "XPENDING", stream, group, from?.description ?? "-", through?.description ?? "+")
        arguments.append(Int64(countMax))
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [PendingEntry] {
        var entries: [PendingEntry] = []
        for element in try reply.elements() {
            let parts = try element.elements()
            guard parts.count == 4 else { throw element.unexpected("a pending entry") }
            entries.append(
                PendingEntry(
                    id: try parts[0].streamID(), consumer: try parts[1].text(), idle: try parts[2].milliseconds(),
                    deliveries: try parts[3].integer()))
        }
        return entries
    }
}

/// An entry that a group's consumer was given and has not acknowledged.
package struct PendingEntry: Hashable, Sendable {
    package let id: StreamID
    package let consumer: String
    /// Since it was last given.
    package let idle: Duration
    /// How often it was given.
    package let deliveries: Int64
}

extension RedisReply {
    fileprivate func milliseconds() throws(RedisFailure) -> Duration { .milliseconds(try integer()) }
}
