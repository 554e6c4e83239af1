/// A name and a value: a member of a hash, or a part of a stream entry.
package struct RedisField: Hashable, Sendable {
    package let name: String
    package let value: [UInt8]

    package init(_ name: String, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ text: String) {
        self.init(name, Array(text.utf8))
    }

    /// The value as UTF-8; broken bytes are replaced.
    package var text: String { String(decoding: value, as: UTF8.self) }
}

/// `HSET`: how many members are new.
package struct SetHashFields: RedisCommand {
    package static let isReadOnly = false
    package let key: String
    package let fields: [RedisField]

    package init(_ key: String, _ fields: [RedisField]) {
        self.key = key
        self.fields = fields
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("HSET", key)
        arguments.append(fields)
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}

/// `HGETALL`: the members, none where there is no such key.
package struct GetHash: RedisCommand {
    package static let isReadOnly = true
    package let key: String

    package init(_ key: String) { self.key = key }

    package func encode() -> RedisArguments { RedisArguments("HGETALL", key) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [RedisField] { try reply.fields() }
}

extension RedisArguments {
    mutating func append(_ fields: [RedisField]) {
        for field in fields {
            append(field.name)
            append(field.value)
        }
    }
}

extension RedisReply {
    func fields() throws(RedisFailure) -> [RedisField] {
        var fields: [RedisField] = []
        for (name, value) in try pairs() {
            guard let bytes = try value.optionalBytes() else { throw unexpected("a field") }
            fields.append(RedisField(name, bytes))
        }
        return fields
    }
}
