internal import Primitives
internal import Synchronization

/// A Lua script that runs atomically in Redis, and how to read what it returns.
///
/// Its SHA-1, by which `EVALSHA` calls it, is learnt from `SCRIPT LOAD` once per process: it depends on the source
/// only, so it holds for every connection. A server that has forgotten the script (`NOSCRIPT`: restarted, or `SCRIPT
/// FLUSH`) gets the source again with the same call, by `EVAL`, which also makes it known again.
package final class RedisScript<Reply: Sendable>: Sendable {
    package typealias Decode = @Sendable (RedisReply) throws(RedisFailure) -> Reply

    let source: String
    let decode: Decode
    private let knownDigest = Mutex<String?>(nil)

    package init(_ source: String, decode: @escaping Decode) {
        self.source = source
        self.decode = decode
    }

    var digest: String? {
        get { knownDigest.withLock { $0 } }
        set { knownDigest.withLock { $0 = newValue } }
    }
}

extension RedisClient {
    /// Runs `script` with the keys it touches and its other arguments.
    package func run<Reply>(
        _ script: RedisScript<Reply>, keys: [String], arguments: [String] = [], timeout: Duration? = nil
    ) async throws(RedisFailure) -> Reply {
        let time = time(timeout)
        let connection = connection()
        let digest: String
        if let known = script.digest {
            digest = known
        } else {
            let load = LoadScript(source: script.source)
            digest = try load.decode(await ask(load.encode(), on: connection, time))
            script.digest = digest
        }
        do {
            let call = EvaluateKnownScript(digest: digest, keys: keys, arguments: arguments)
            return try script.decode(await ask(call.encode(), on: connection, time))
        } catch {
            guard error.isNoScript else { throw error }
            let call = EvaluateScript(source: script.source, keys: keys, arguments: arguments)
            return try script.decode(await ask(call.encode(), on: connection, time))
        }
    }
}
