internal import Contract
internal import Primitives
internal import Protocol
internal import ServiceKit

/// An API key as the database has it.
struct APIKeyRow: Sendable, Versioned {
    let id: APIKeyID
    let grant: SessionID
    let name: String
    let prefix: String
    let scopes: [String]
    let allowedCidrs: [String]
    let version: Int
    let createdAt: Timestamp
    let expiresAt: Timestamp
    let lastUsedAt: Timestamp?

    /// The version, and what its view shows beside it: that a key was used is no change of it, and yet another view.
    var etag: EntityTag {
        EntityTag(version: version, hash: lastUsedAt.map { String($0.microseconds, radix: 36) } ?? "")
    }

    var view: APIKeyView {
        APIKeyView(
            id: id, name: name, prefix: prefix, scopes: scopes, allowedCidrs: allowedCidrs, createdAt: createdAt,
            expiresAt: expiresAt, lastUsedAt: lastUsedAt, etag: etag)
    }
}

/// A secret that replaces another.
struct APIKeyRenewal: Sendable {
    let key: APIKey
    let grant: SessionID
    let expiresAt: Timestamp
}

/// A key that got a new secret, and the grant that ended.
struct RotatedAPIKey: Sendable {
    let endedGrant: SessionID
    let row: APIKeyRow
}
