/// `GET`: the value of a key, nil where there is none.
package struct GetValue: RedisCommand {
    package static let isReadOnly = true
    package let key: String

    package init(_ key: String) { self.key = key }

    package func encode() -> RedisArguments { RedisArguments("GET", key) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> [UInt8]? { try reply.optionalBytes() }
}

/// `SET`: stores a value. The reply tells whether it was stored, which only a condition can prevent.
package struct SetValue: RedisCommand {
    package enum Condition: Sendable { case always, ifAbsent, ifPresent }

    package static let isReadOnly = false
    package let key: String
    package let value: [UInt8]
    /// How long the key lives, in milliseconds at least 1; nil: for ever.
    package let lifetime: Duration?
    package let condition: Condition

    package init(_ key: String, to value: [UInt8], lifetime: Duration? = nil, when condition: Condition = .always) {
        self.key = key
        self.value = value
        self.lifetime = lifetime
        self.condition = condition
    }

    package init(_ key: String, to text: String, lifetime: Duration? = nil, when condition: Condition = .always) {
        self.init(key, to: Array(text.utf8), lifetime: lifetime, when: condition)
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("SET", key)
        arguments.append(value)
        if let lifetime {
            arguments.append("PX")
            arguments.append(lifetime.redisMilliseconds)
        }
        switch condition {
        case .always: break
        case .ifAbsent: arguments.append("NX")
        case .ifPresent: arguments.append("XX")
        }
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Bool {
        if case .null = reply { return false }
        try reply.acknowledged()
        return true
    }
}

/// `DEL`: how many of the keys there were.
package struct DeleteKeys: RedisCommand {
    package static let isReadOnly = false
    package let keys: [String]

    package init(_ keys: String...) { self.keys = keys }

    package init(_ keys: [String]) { self.keys = keys }

    package func encode() -> RedisArguments { RedisArguments("DEL", keys) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}

/// `EXISTS`: whether there is the key.
package struct KeyExists: RedisCommand {
    package static let isReadOnly = true
    package let key: String

    package init(_ key: String) { self.key = key }

    package func encode() -> RedisArguments { RedisArguments("EXISTS", key) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Bool { try reply.integer() > 0 }
}

/// `INCRBY`: the number after adding to it; a key that is not there counts as 0.
package struct IncrementValue: RedisCommand {
    package static let isReadOnly = false
    package let key: String
    package let amount: Int64

    package init(_ key: String, by amount: Int64 = 1) {
        self.key = key
        self.amount = amount
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("INCRBY", key)
        arguments.append(amount)
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Int64 { try reply.integer() }
}

/// `PEXPIRE`: lets a key end after a while. False where there is no such key.
package struct ExpireKey: RedisCommand {
    package static let isReadOnly = false
    package let key: String
    package let lifetime: Duration

    package init(_ key: String, after lifetime: Duration) {
        self.key = key
        self.lifetime = lifetime
    }

    package func encode() -> RedisArguments {
        var arguments = RedisArguments("PEXPIRE", key)
        arguments.append(lifetime.redisMilliseconds)
        return arguments
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Bool { try reply.integer() == 1 }
}

/// `PTTL`: how long a key still lives.
package struct KeyLifetime: RedisCommand {
    package enum Reply: Hashable, Sendable {
        case absent, endless
        case left(Duration)
    }

    package static let isReadOnly = true
    package let key: String

    package init(_ key: String) { self.key = key }

    package func encode() -> RedisArguments { RedisArguments("PTTL", key) }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> Reply {
        switch try reply.integer() {
        case -2: .absent
        case -1: .endless
        case let milliseconds: .left(.milliseconds(milliseconds))
        }
    }
}
