package import Contract
package import Primitives

/// The caller's own account.
package struct Me: Shaped {
    package let id: AccountID
    package let email: String
    package let emailVerified: Bool
    package let roles: [String]
    package let permissions: [String]
    package let mfa: Bool

    package init(
        id: AccountID, email: String, emailVerified: Bool, roles: [String], permissions: [String], mfa: Bool
    ) {
        self.id = id
        self.email = email
        self.emailVerified = emailVerified
        self.roles = roles
        self.permissions = permissions
        self.mfa = mfa
    }

    package static let shape = Shape(
        Me.init, named: "Me", .body("id", \.id), .body("email", \.email), .body("emailVerified", \.emailVerified),
        .body("roles", \.roles),
        .body("permissions", \.permissions)
            .documented("What this caller may do: an API key may do less than the roles of its owner."),
        .body("mfa", \.mfa).documented("Whether a second factor is set up."))
}

package enum ReadMe: Endpoint {
    package typealias Caller = SignedIn
    package typealias Input = Nothing
    package typealias Output = Me
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/auth/me"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe, takesAPIKeys: true)
    package static let input = Nothing.shape
    package static let output = Answer.ok(Me.shape)
    package static let summary = "The caller's account."
}

/// What other services may know of an account: enough to make a profile.
package struct AccountFacts: Shaped {
    package let id: AccountID
    package let displayName: String?
    package let locale: String?
    package let createdAt: Timestamp

    package init(id: AccountID, displayName: String?, locale: String?, createdAt: Timestamp) {
        self.id = id
        self.displayName = displayName
        self.locale = locale
        self.createdAt = createdAt
    }

    package static let shape = Shape(
        AccountFacts.init, named: "AccountFacts", .body("id", \.id), .body("displayName", \.displayName),
        .body("locale", \.locale), .body("createdAt", \.createdAt))
}

package enum ReadAccount: Endpoint {
    package typealias Caller = PeerService
    package struct Input: Sendable {
        package let account: AccountID

        package init(account: AccountID) {
            self.account = account
        }
    }
    package typealias Output = AccountFacts
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/internal/auth/accounts/{account}"
    package static let policy = Policy(rate: .none, retry: .safe, deadline: .seconds(2))
    package static let input = Shape(Input.init, .path("account", \.account))
    package static let output = Answer.ok(AccountFacts.shape)
    package static let summary = "What a service needs to make a profile of an account."
}
