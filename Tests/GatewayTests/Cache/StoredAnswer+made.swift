import HTTP
import NIOCore
import Primitives

@testable import Gateway

extension StoredAnswer {
    /// An answer for tests of the cache's parts.
    static func made(
        _ text: String = "body", tags: [CacheTagHash] = [], at receivedAt: Deadline = Deadline(nanoseconds: 0),
        lifetime: Int64 = 60, behind: Int64 = 0, onError: Int64 = 0, etag: String? = nil
    ) -> StoredAnswer {
        StoredAnswer(
            status: 200, fields: ["content-type": "text/plain"], body: ByteBuffer(string: text), etag: etag, tags: tags,
            freshness: Freshness(
                receivedAt: receivedAt, ageSeconds: 0, lifetimeSeconds: lifetime,
                staleWhileRevalidatingSeconds: behind, staleIfErrorSeconds: onError))
    }

    var text: String { String(buffer: body) }
}
