internal import Contract
internal import Postgres
internal import Primitives

/// A new session.
struct NewSession: Sendable {
    let id: SessionID
    let account: AccountID
    let binding: ClientBinding
    let clientID: String
    let methods: [String]
    let deviceLabel: String?
    let ip: String?
    let userAgent: String?
    let startedAt: Timestamp
    let idleExpiresAt: Timestamp
    let absoluteExpiresAt: Timestamp
}

/// What a new session's tokens say of its account, as it was when the session began.
struct SessionOwner: Sendable {
    let roles: [String]
    let epoch: Int
}

/// What tokens of a session say: all that a refresh needs to answer.
struct SessionGrant: Sendable {
    let session: SessionID
    let account: AccountID
    let roles: [String]
    let epoch: Int
    let clientID: String
    let methods: [String]
    let authenticatedAt: Timestamp
    /// The earlier of idle and absolute end.
    let refreshExpiresAt: Timestamp
}

/// A session that a refresh token did not rotate.
struct SessionState: Sendable {
    let standing: RefreshStanding
    let grant: SessionGrant
    /// Of the account, for the mail that tells of a replay.
    let emailKey: String
}

/// Why a session was revoked.
enum RevocationReason: String, Sendable, PostgresEncodable {
    case logout
    case logoutEverywhere = "logout-everywhere"
    case revokedByOwner = "revoked-by-owner"
    case refreshReused = "refresh-reused"
    /// A newer sign-in took its place.
    case tooManySessions = "too-many-sessions"
    case accountDisabled = "account-disabled"
}
