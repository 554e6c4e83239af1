/// `SCRIPT LOAD`: the digest to call the script by.
struct LoadScript: RedisCommand {
    static let isReadOnly = false
    let source: String

    func encode() -> RedisArguments { RedisArguments("SCRIPT", "LOAD", source) }

    func decode(_ reply: RedisReply) throws(RedisFailure) -> String { try reply.text() }
}

/// `SCRIPT FLUSH`: the server forgets every script. For tests.
package struct FlushScripts: RedisCommand {
    package static let isReadOnly = false

    package init() {}

    package func encode() -> RedisArguments { RedisArguments("SCRIPT", "FLUSH", "SYNC") }

    package func decode(_ reply: RedisReply) throws(RedisFailure) { try reply.acknowledged() }
}

/// `EVAL`: runs a script by its source.
package struct EvaluateScript: RedisCommand {
    package static let isReadOnly = false
    package let source: String
    package let keys: [String]
    package let arguments: [String]

    package init(source: String, keys: [String], arguments: [String]) {
        self.source = source
        self.keys = keys
        self.arguments = arguments
    }

    package func encode() -> RedisArguments {
        RedisArguments("EVAL", [source, String(keys.count)] + keys + arguments)
    }

    package func decode(_ reply: RedisReply) throws(RedisFailure) -> RedisReply { reply }
}

/// `EVALSHA`: runs a script that the server knows.
struct EvaluateKnownScript: RedisCommand {
    static let isReadOnly = false
    let digest: String
    let keys: [String]
    let arguments: [String]

    func encode() -> RedisArguments {
        var encoded = RedisArguments("EVALSHA", digest)
        encoded.append(Int64(keys.count))
        encoded.append(contentsOf: keys)
        encoded.append(contentsOf: arguments)
        return encoded
    }

    func decode(_ reply: RedisReply) throws(RedisFailure) -> RedisReply { reply }
}
