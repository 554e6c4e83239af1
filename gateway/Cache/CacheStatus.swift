internal import HTTP
internal import Primitives

/// `Cache-Status` (RFC 9211): what the edge's cache did for a request.
enum CacheStatus: Sendable, Hashable {
    case hit(ttlSeconds: Int64)
    case bridged(ttlSeconds: Int64)
    /// Another request asked for it at the same time.
    case collapsed(ttlSeconds: Int64)
    /// - isStale: something was kept, and was too old.
    case filled(status: Int, isKept: Bool, isStale: Bool)
    case revalidated(isKept: Bool)
    /// The service was asked; its answer is not kept.
    case forwarded
    /// The cache was not looked at.
    case bypassed

    /// Adds the field to an answer.
    func tell(_ fields: inout HeaderFields) {
        guard case .hit(let ttl) = self else { return fields.append(Self.name, field) }
        // What nearly all are.
        fields.append(Self.name, bytesMax: 32 + OutputSpan<UInt8>.decimalBytesMax) { text in
            text.append(text: Self.hit)
            text.append(decimal: ttl)
        }
    }

    private static let name = "cache-status"
    private static let hit: StaticString = "causeway; hit; ttl="

    var field: String {
        switch self {
        case .hit(let ttl): "\(Self.hit)\(ttl)"
        case .bridged(let ttl): "causeway; hit; ttl=\(ttl); detail=stale-on-error"
        case .collapsed(let ttl): "causeway; fwd=uri-miss; collapsed; ttl=\(ttl)"
        case .filled(let status, let isKept, let isStale):
            "causeway; fwd=\(isStale ? "stale" : "uri-miss"); fwd-status=\(status)\(isKept ? "; stored" : "")"
        case .revalidated(let isKept): "causeway; fwd=stale; fwd-status=304\(isKept ? "; stored" : "")"
        case .forwarded: "causeway; fwd=uri-miss"
        case .bypassed: "causeway; fwd=bypass"
        }
    }
}
