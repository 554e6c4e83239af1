/// `PING`: whether the server answers.
package struct PingServer: RedisCommand {
    package static let isReadOnly = true

    package init() {}

    package func encode() -> RedisArguments { RedisArguments("PING") }

    package func decode(_ reply: RedisReply) throws(RedisFailure) {
        guard case .status("PONG") = reply else { throw reply.unexpected("PONG") }
    }
}

/// `INFO` of one section: its lines as name and value.
package struct GetServerInfo: RedisCommand {
    package static let isReadOnly = true
    package let section: String

    package init(_ section: String) { self.section = section }

    package func encode() -> RedisArguments { RedisArguments("INFO", section) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [String: String] {
        var values: [String: String] = [:]
        for line in try reply.text().split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        return values
    }
}

/// `FLUSHDB`: empties the database. For tests.
package struct FlushDatabase: RedisCommand {
    package static let isReadOnly = false

    package init() {}

    package func encode() -> RedisArguments { RedisArguments("FLUSHDB") }

    package func decode(_ reply: RedisReply) throws(RedisFailure) { try reply.acknowledged() }
}
