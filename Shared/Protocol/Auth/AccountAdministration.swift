package import Contract
package import Primitives

/// Whether an account may be used.
package enum AccountStatus: String, JSONEnumeration {
    case active
    /// An operator closed it: it answers as if it were not there, and nothing of it is public.
    case disabled
}

/// An account as operators see it.
package struct AccountView: Shaped {
    package let id: AccountID
    package let email: String
    package let emailVerified: Bool
    package let displayName: String?
    package let locale: String?
    package let roles: [String]
    package let status: AccountStatus
    package let createdAt: Timestamp

    package init(
        id: AccountID, email: String, emailVerified: Bool, displayName: String?, locale: String?, roles: [String],
        status: AccountStatus, createdAt: Timestamp
    ) {
        self.id = id
        self.email = email
        self.emailVerified = emailVerified
        self.displayName = displayName
        self.locale = locale
        self.roles = roles
        self.status = status
        self.createdAt = createdAt
    }

    package static let shape = Shape(
        AccountView.init, named: "Account", .body("id", \.id), .body("email", \.email),
        .body("emailVerified", \.emailVerified), .body("displayName", \.displayName), .body("locale", \.locale),
        .body("roles", \.roles), .body("status", \.status), .body("createdAt", \.createdAt))
}

package enum ReadAnyAccount: Endpoint {
    package typealias Caller = Permitted<AdministerAccounts>
    package struct Input: Sendable {
        package let account: AccountID
    }
    package typealias Output = AccountView
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/admin/accounts/{account}"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    package static let input = Shape(Input.init, .path("account", \.account))
    package static let output = Answer.ok(AccountView.shape)
    package static let summary = "An account."
}

/// Closes an account until it is enabled again.
package enum DisableAccount: Endpoint {
    package typealias Caller = Permitted<AdministerAccounts>
    package struct Input: Sendable {
        package let account: AccountID
        package let reason: String?
    }
    package typealias Output = AccountView
    package enum Failure: String, DeclaredFailure { case notFound = "not-found", ownAccount = "own-account" }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/admin/accounts/{account}/disable"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .keyed, criticality: .critical)
    package static let input = Shape(
        Input.init, .path("account", \.account), .body("reason", \.reason, .length(1...200), .singleLine))
    package static let output = Answer.ok(AccountView.shape, "Disabled, now or before.")
    package static let summary = "Disable an account: its tokens end at once, its profile and articles are hidden."
}

/// Opens a disabled account again.
package enum EnableAccount: Endpoint {
    package typealias Caller = Permitted<AdministerAccounts>
    package struct Input: Sendable {
        package let account: AccountID
        package let reason: String?
    }
    package typealias Output = AccountView
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/admin/accounts/{account}/enable"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .keyed)
    package static let input = Shape(
        Input.init, .path("account", \.account), .body("reason", \.reason, .length(1...200), .singleLine))
    package static let output = Answer.ok(AccountView.shape, "Active, now or before.")
    package static let summary = "Enable a disabled account: its profile and articles are back as they were."
}

/// Erases an account and all that is its own, in every service. Only the audit and the used-up id stay.
package enum DeleteAccount: Endpoint {
    package typealias Caller = Permitted<AdministerAccounts>
    package struct Input: Sendable {
        package let account: AccountID
    }
    package typealias Output = Nothing
    package enum Failure: String, DeclaredFailure { case notFound = "not-found", ownAccount = "own-account" }
    package static let method = EndpointMethod.delete
    package static let path: StaticString = "/v1/admin/accounts/{account}"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(Input.init, .path("account", \.account))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Erase an account with its sessions, profile and articles, for good."
}
