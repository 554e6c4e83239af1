internal import Compression
internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import Synchronization

/// An answer that is kept. It never changes: one that was found to hold still is replaced by a copy.
final class StoredAnswer: Sendable {
    let status: Int
    /// What clients see of the service's fields, without the body's length.
    let fields: HeaderFields
    let body: ByteBuffer
    /// As the service sent it.
    let etag: String?
    /// What it is let go of by.
    let tags: [CacheTagHash]
    let freshness: Freshness
    /// The body made shorter, once for all who want it so.
    private let coded = Mutex<[ContentCoding: ByteBuffer]>([:])

    init(
        status: Int, fields: HeaderFields, body: ByteBuffer, etag: String?, tags: [CacheTagHash], freshness: Freshness
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.etag = etag
        self.tags = tags
        self.freshness = freshness
    }

    /// That there is nothing. What is told of it is made anew for each request.
    var isAbsence: Bool { status == 404 }

    /// What it takes of the cache's memory, about. Shorter bodies take as much as the body again at most.
    var bytes: Int { Self.overheadBytes + fields.sizeBytes + body.storageCapacity * 2 + tags.count * 64 }

    /// Objects, the map's and the tags' entries.
    private static let overheadBytes = 512

    /// The same answer with what a 304 says of it (RFC 9111, section 4.3.4).
    func renewed(_ newer: HeaderFields, tags: [CacheTagHash], freshness: Freshness) -> StoredAnswer {
        var merged = HeaderFields()
        for index in 0..<fields.count where !newer.contains(fields.name(at: index)) { merged.append(index, of: fields) }
        merged.append(contentsOf: newer)
        return StoredAnswer(
            status: status, fields: merged, body: body, etag: etag, tags: tags, freshness: freshness)
    }

    /// The body in a coding; it is kept where there is room for it.
    ///
    /// - Parameter encode: makes it from the body. Two requests at once may both.
    func body(in coding: ContentCoding, encode: (ByteBuffer) -> ByteBuffer) -> ByteBuffer {
        if let known = coded.withLock({ $0[coding] }) { return known }
        // A copy: the encoder's buffer may be much larger than what is in it.
        let made = ByteBuffer(bytes: encode(body).readableBytesView)
        coded.withLock { coded in
            let bytes = coded.values.reduce(made.storageCapacity) { $0 + $1.storageCapacity }
            if bytes <= body.storageCapacity { coded[coding] = made }
        }
        return made
    }

    /// Whether the condition names its tag (RFC 9110, section 13.1.2).
    func matches(_ ifNoneMatch: String) -> Bool {
        // What most clients send is the tag that they were given.
        if ifNoneMatch == etag { return true }
        guard let etag, let condition = EntityTagCondition(parsing: ifNoneMatch) else { return false }
        switch condition {
        case .any: return true
        case .tags(let candidates):
            let opaque = etag.hasPrefix("W/") ? String(etag.dropFirst(2)) : etag
            return candidates.contains { $0.opaque == opaque }
        }
    }
}

/// Stands for a tag. Two tags that meet cost an answer, no truth.
typealias CacheTagHash = Int

extension CacheTag {
    var hash: CacheTagHash { text.hashValue }
}
