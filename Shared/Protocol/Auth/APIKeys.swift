package import Contract
package import Primitives

package enum APIKeySubject {}
package typealias APIKeyID = Identifier<APIKeySubject>

/// An API key as its owner sees it: all but the key itself.
package struct APIKeyView: Shaped, Versioned {
    package let id: APIKeyID
    package let name: String
    /// The part of the key by which people tell it from others; no secret.
    package let prefix: String
    package let scopes: [String]
    /// Where the key may be used from; empty for anywhere.
    package let allowedCidrs: [String]
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
    /// To the minute or so.
    package let lastUsedAt: Timestamp?
    package let etag: EntityTag

    package init(
        id: APIKeyID, name: String, prefix: String, scopes: [String], allowedCidrs: [String], createdAt: Timestamp,
        expiresAt: Timestamp, lastUsedAt: Timestamp?, etag: EntityTag
    ) {
        self.id = id
        self.name = name
        self.prefix = prefix
        self.scopes = scopes
        self.allowedCidrs = allowedCidrs
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.etag = etag
    }

    package static let shape = Shape(
        APIKeyView.init, named: "APIKey", .body("id", \.id), .body("name", \.name), .body("prefix", \.prefix),
        .body("scopes", \.scopes), .body("allowedCidrs", \.allowedCidrs), .body("createdAt", \.createdAt),
        .body("expiresAt", \.expiresAt), .body("lastUsedAt", \.lastUsedAt), .body("etag", \.etag))
}

/// A key that was just made. The only answer that ever holds it.
package struct NewAPIKey: Shaped {
    package let view: APIKeyView
    package let key: String

    package init(view: APIKeyView, key: String) {
        self.view = view
        self.key = key
    }

    init(
        id: APIKeyID, name: String, prefix: String, scopes: [String], allowedCidrs: [String], createdAt: Timestamp,
        expiresAt: Timestamp, lastUsedAt: Timestamp?, etag: EntityTag, key: String
    ) {
        self.init(
            view: APIKeyView(
                id: id, name: name, prefix: prefix, scopes: scopes, allowedCidrs: allowedCidrs, createdAt: createdAt,
                expiresAt: expiresAt, lastUsedAt: lastUsedAt, etag: etag), key: key)
    }

    package static let shape = Shape(
        NewAPIKey.init(
            id:name:prefix:scopes:allowedCidrs:createdAt:expiresAt:lastUsedAt:etag:key:), named: "NewAPIKey",
        .body("id", \.view.id), .body("name", \.view.name), .body("prefix", \.view.prefix),
        .body("scopes", \.view.scopes), .body("allowedCidrs", \.view.allowedCidrs),
        .body("createdAt", \.view.createdAt), .body("expiresAt", \.view.expiresAt),
        .body("lastUsedAt", \.view.lastUsedAt), .body("etag", \.view.etag),
        .body("key", \.key).documented("For `X-API-Key`. It is shown this once."))
}

/// Bounds of what an API key may be given.
package enum APIKeyLimits {
    package static let scopesMax = 32
    package static let rangesMax = 16
    package static let daysMax = 366
    package static let daysUsual = 90
    /// Keys of one account, expired ones included. The statement that adds one holds it as a literal.
    package static let keysPerAccountMax = 50
}

package enum CreateAPIKey: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: Sendable {
        package let name: String
        package let scopes: [String]
        package let expiresInDays: Int
        package let allowedCidrs: [String]
    }
    package typealias Output = NewAPIKey
    package enum Failure: String, DeclaredFailure {
        case scopeExceedsOwner = "scope-exceeds-owner"
        case tooMany = "too-many-api-keys"
        case rateLimited = "rate-limited"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/api-keys"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(
        Input.init, .body("name", \.name, .length(1...80), .singleLine),
        .body("scopes", \.scopes, .distinct(0...APIKeyLimits.scopesMax, eachLength: 1...64)),
        .body(
            "expiresInDays", \.expiresInDays, .range(1...APIKeyLimits.daysMax), .default(APIKeyLimits.daysUsual)),
        .body("allowedCidrs", \.allowedCidrs, .addressRanges(0...APIKeyLimits.rangesMax), .default([])))
    package static let output = Answer.created(
        NewAPIKey.shape, headers: [.location { "/v1/auth/api-keys/\($0.view.id)" }, .etag(\.view.etag)])
    package static let summary = "Make an API key, which may do some of what its owner may."
}

package enum ListAPIKeys: Endpoint {
    package typealias Caller = SignedIn
    package typealias Input = Nothing
    package typealias Output = Items<APIKeyView>
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/auth/api-keys"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    package static let input = Nothing.shape
    package static let output = Answer.ok(Items<APIKeyView>.shape)
    package static let summary = "The caller's API keys, the newest first."
}

package enum ReadAPIKey: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: Sendable {
        package let key: APIKeyID
    }
    package typealias Output = APIKeyView
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/auth/api-keys/{key}"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    package static let input = Shape(Input.init, .path("key", \.key))
    package static let output = Answer.ok(APIKeyView.shape, headers: [.etag(\.etag)])
    package static let summary = "One of the caller's API keys."
}

package enum UpdateAPIKey: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: ConditionalInput {
        package let key: APIKeyID
        package let ifMatch: IfMatch?
        package let name: Change<String>
        package let scopes: Change<[String]>
        package let allowedCidrs: Change<[String]>
    }
    package typealias Output = APIKeyView
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case scopeExceedsOwner = "scope-exceeds-owner"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
    }
    package static let method = EndpointMethod.patch
    package static let path: StaticString = "/v1/auth/api-keys/{key}"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(
        Input.init, .path("key", \.key), .header("if-match", \.ifMatch),
        .body("name", \.name, .length(1...80), .singleLine),
        .body("scopes", \.scopes, .distinct(0...APIKeyLimits.scopesMax, eachLength: 1...64)),
        .body("allowedCidrs", \.allowedCidrs, .addressRanges(0...APIKeyLimits.rangesMax)))
    package static let output = Answer.ok(APIKeyView.shape, headers: [.etag(\.etag)])
    package static let summary = "Change what an API key is called, may do, and may be used from."
}

package enum DeleteAPIKey: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: ConditionalInput {
        package let key: APIKeyID
        package let ifMatch: IfMatch?
    }
    package typealias Output = Nothing
    package enum Failure: String, DeclaredFailure {
        case notFound = "not-found"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
    }
    package static let method = EndpointMethod.delete
    package static let path: StaticString = "/v1/auth/api-keys/{key}"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(Input.init, .path("key", \.key), .header("if-match", \.ifMatch))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Delete an API key: it is refused everywhere within a second."
}

package enum RotateAPIKey: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: Sendable {
        package let key: APIKeyID
        package let expiresInDays: Int
    }
    package typealias Output = NewAPIKey
    package enum Failure: String, DeclaredFailure { case notFound = "not-found", rateLimited = "rate-limited" }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/api-keys/{key}/rotate"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(
        Input.init, .path("key", \.key),
        .body(
            "expiresInDays", \.expiresInDays, .range(1...APIKeyLimits.daysMax), .default(APIKeyLimits.daysUsual)))
    package static let output = Answer.ok(NewAPIKey.shape, headers: [.etag(\.view.etag)], "The next key.")
    package static let summary = "Replace an API key by another with the same scopes; the old one ends at once."
}

/// What a key that was presented stands for, as the gateway needs it.
package struct APIKeyGrant: Shaped {
    package let key: APIKeyID
    /// Stands in for the session of the calls, so that it is revoked as one. New whenever the key's secret, scopes or
    /// ranges are.
    package let grant: SessionID
    package let account: AccountID
    package let roles: [String]
    package let scopes: [String]
    package let allowedCidrs: [String]
    package let epoch: Int
    package let createdAt: Timestamp
    package let expiresAt: Timestamp

    package init(
        key: APIKeyID, grant: SessionID, account: AccountID, roles: [String], scopes: [String], allowedCidrs: [String],
        epoch: Int, createdAt: Timestamp, expiresAt: Timestamp
    ) {
        self.key = key
        self.grant = grant
        self.account = account
        self.roles = roles
        self.scopes = scopes
        self.allowedCidrs = allowedCidrs
        self.epoch = epoch
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    package static let shape = Shape(
        APIKeyGrant.init, named: "APIKeyGrant", .body("key", \.key), .body("grant", \.grant),
        .body("account", \.account), .body("roles", \.roles), .body("scopes", \.scopes),
        .body("allowedCidrs", \.allowedCidrs), .body("epoch", \.epoch), .body("createdAt", \.createdAt),
        .body("expiresAt", \.expiresAt))
}

package enum ResolveAPIKey: Endpoint {
    package typealias Caller = PeerOrGateway
    package struct Input: Sendable {
        /// SHA-256 of the key, in lower-case hexadecimal.
        package let digest: String

        package init(digest: String) {
            self.digest = digest
        }
    }
    package typealias Output = APIKeyGrant
    /// Not `not-found`: that is what a release without the operation says.
    package enum Failure: String, DeclaredFailure { case apiKeyInvalid = "api-key-invalid" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/internal/auth/api-keys/{digest}"
    package static let policy = Policy(rate: .none, retry: .safe, deadline: .seconds(2))
    package static let input = Shape(Input.init, .path("digest", \.digest))
    package static let output = Answer.ok(APIKeyGrant.shape)
    package static let summary = "What an API key stands for."
}
