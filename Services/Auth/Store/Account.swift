package import Contract
internal import Postgres
package import Primitives
package import Protocol

/// An account as the database has it.
package struct Account: Sendable, Hashable {
    package let id: AccountID
    package let email: String
    package let emailKey: String
    package let emailVerifiedAt: Timestamp?
    package let displayName: String?
    package let locale: String?
    package let roles: [String]
    package let status: AccountStatus
    package let epoch: Int
    package let createdAt: Timestamp

    package init(
        id: AccountID, email: String, emailKey: String, emailVerifiedAt: Timestamp?, displayName: String?,
        locale: String?, roles: [String], status: AccountStatus, epoch: Int, createdAt: Timestamp
    ) {
        self.id = id
        self.email = email
        self.emailKey = emailKey
        self.emailVerifiedAt = emailVerifiedAt
        self.displayName = displayName
        self.locale = locale
        self.roles = roles
        self.status = status
        self.epoch = epoch
        self.createdAt = createdAt
    }
}

extension AccountStatus: PostgresCodable {}

extension Account {
    /// What operators see.
    var view: AccountView {
        AccountView(
            id: id, email: email, emailVerified: emailVerifiedAt != nil, displayName: displayName, locale: locale,
            roles: roles, status: status, createdAt: createdAt)
    }
}

/// What a sign-in needs of an account.
struct LoginRow: Sendable {
    let account: Account
    /// In a sealed box.
    let password: [UInt8]
    let isPasswordDisabled: Bool
}

/// The account of a caller.
struct SignedInRow: Sendable {
    let account: Account
    /// Whether the session's newest refresh token is now known to have reached its client.
    let confirmsRefresh: Bool
}
