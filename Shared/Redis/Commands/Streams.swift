/// The identifier of a stream entry: a time and a number, which only grow.
package struct StreamID: Hashable, Sendable, Comparable, LosslessStringConvertible {
    package let milliseconds: UInt64
    package let sequence: UInt64

    package init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// Before every entry.
    package static let zero = StreamID(milliseconds: 0, sequence: 0)

    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let milliseconds = UInt64(parts[0]), let sequence = UInt64(parts[1]) else {
            return nil
        }
        self.init(milliseconds: milliseconds, sequence: sequence)
    }

    package var description: String { "\(milliseconds)-\(sequence)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
    }
}

/// One entry of a stream.
package struct StreamEntry: Hashable, Sendable {
    package let id: StreamID
    package let fields: [RedisField]

    package init(id: StreamID, fields: [RedisField]) {
        self.id = id
        self.fields = fields
    }

    /// The value of the first field of that name, as text.
    package func text(_ name: String) -> String? { fields.first { $0.name == name }?.text }
}

/// `XADD`: appends an entry with an identifier of the server's making, which is the reply.
package struct AppendToStream: RedisCommand {
    package static let isReadOnly = false
    package let stream: String
    package let fields: [RedisField]
    /// About how many entries are kept (`MAXLEN ~`); the oldest go first. Nil: all.
    package let entriesMax: Int?

    package init(_ stream: String, _ fields: [RedisField], entriesMax: Int?) {
        self.stream = stream
        self.fields = fields
        self.entriesMax = entriesMax
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("XADD", stream)
        if let entriesMax {
            arguments.append("MAXLEN")
            arguments.append("~")
            arguments.append(Int64(entriesMax))
        }
        arguments.append("*")
        arguments.append(fields)
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> StreamID { try reply.streamID() }
}

/// `XREAD` of one stream: up to `countMax` entries after `id`, at once; with `block` it waits for the first.
///
/// Blocking is for `RedisStreamReader` only, whose connection is its own: it holds up everything behind it.
package struct ReadStream: RedisCommand {
    package static let isReadOnly = true
    package let stream: String
    package let after: StreamID
    package let countMax: Int
    let block: Duration?

    package init(_ stream: String, after id: StreamID, countMax: Int) {
        self.init(stream, after: id, countMax: countMax, block: nil)
    }

    init(_ stream: String, after id: StreamID, countMax: Int, block: Duration?) {
        self.stream = stream
        after = id
        self.countMax = countMax
        self.block = block
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("XREAD", "COUNT")
        arguments.append(Int64(countMax))
        if let block {
            arguments.append("BLOCK")
            arguments.append(block.redisMilliseconds)
        }
        arguments.append(contentsOf: ["STREAMS", stream, after.description])
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [StreamEntry] {
        guard let stream = try reply.elements().first else { return [] }
        let nameAndEntries = try stream.elements()
        guard nameAndEntries.count == 2 else { throw stream.unexpected("a stream") }
        return try nameAndEntries[1].streamEntries()
    }
}

/// `XRANGE`: up to `countMax` entries between two identifiers, both included.
package struct StreamEntries: RedisCommand {
    package static let isReadOnly = true
    package let stream: String
    package let from: StreamID?
    package let through: StreamID?
    package let countMax: Int

    package init(_ stream: String, from: StreamID? = nil, through: StreamID? = nil, countMax: Int) {
        self.stream = stream
        self.from = from
        self.through = through
        self.countMax = countMax
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("XRANGE", stream, from?.description ?? "-", through?.description ?? "+")
        arguments.append("COUNT")
        arguments.append(Int64(countMax))
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [StreamEntry] { try reply.streamEntries() }
}

/// `XLEN`: how many entries there are.
package struct StreamLength: RedisCommand {
    package static let isReadOnly = true
    package let stream: String

    package init(_ stream: String) { self.stream = stream }

    package func encode() -> RedisArguments { RedisArguments("XLEN", stream) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}

extension RedisReply {
    func streamID() throws(RedisFailure) -> StreamID {
        guard let id = StreamID(try text()) else { throw unexpected("a stream identifier") }
        return id
    }

    func streamEntries() throws(RedisFailure) -> [StreamEntry] {
        var entries: [StreamEntry] = []
        for element in try elements() { entries.append(try element.streamEntry()) }
        return entries
    }

    func streamEntry() throws(RedisFailure) -> StreamEntry {
        let parts = try elements()
        guard parts.count == 2 else { throw unexpected("a stream entry") }
        return StreamEntry(id: try parts[0].streamID(), fields: try parts[1].fields())
    }
}
