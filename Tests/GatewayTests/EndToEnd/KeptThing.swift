import HTTP
import NIOCore
import Synchronization
import Transport

/// A service's answer that may be kept, as a test wants it next.
final class KeptThing: Sendable {
    struct Script: Sendable {
        var status = 200
        var fields: [(String, String)] = [("cache-control", "no-cache"), ("cdn-cache-control", "max-age=60")]
        var etag: String? = "\"1\""
        var body = "one"
        /// Whether the answer waits for `open`.
        var isHeld = false
        /// Whether a request that has the tag is told so.
        var knows304 = true
    }

    private let script = Mutex(Script())
    private let answered = Atomic<Int>(0)

    /// Calls that were answered.
    var count: Int { answered.load(ordering: .relaxed) }

    func change(_ change: (inout Script) -> Void) { script.withLock { change(&$0) } }

    func answer(_ exchange: ServerExchange) async {
        // As it was when the call came.
        let now = script.withLock { $0 }
        while script.withLock({ $0.isHeld }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
        answered.wrappingAdd(1, ordering: .relaxed)
        var head = ResponseHead(status: now.status, fields: ["content-type": "text/plain"])
        for (name, value) in now.fields { head.fields.append(name, value) }
        if let etag = now.etag { head.fields.append("etag", etag) }
        if now.knows304, let etag = now.etag, exchange.head.fields.first("if-none-match") == etag {
            head.status = 304
            return exchange.respond(head)
        }
        exchange.respond(head, body: ByteBuffer(string: now.body))
    }
}
