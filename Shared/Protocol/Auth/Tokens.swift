package import Contract
internal import Primitives

/// What a successful sign-in or refresh gives (RFC 6749, section 5.1, in camel case).
package struct Tokens: Shaped {
    /// A JWT (RFC 9068) for `Authorization: Bearer`.
    package let accessToken: String
    package let tokenType: String
    /// Seconds that the access token lasts.
    package let expiresIn: Int
    package let refreshToken: String?
    /// Seconds that the refresh token lasts when it is not used.
    package let refreshExpiresIn: Int
    /// Permissions, separated by spaces.
    package let scope: String
    package let sessionId: SessionID

    package init(
        accessToken: String, tokenType: String = "Bearer", expiresIn: Int, refreshToken: String?,
        refreshExpiresIn: Int, scope: String, sessionId: SessionID
    ) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
        self.scope = scope
        self.sessionId = sessionId
    }

    package static let shape = Shape(
        Tokens.init, named: "Tokens", .body("accessToken", \.accessToken), .body("tokenType", \.tokenType),
        .body("expiresIn", \.expiresIn), .body("refreshToken", \.refreshToken, whenNil: .omit),
        .body("refreshExpiresIn", \.refreshExpiresIn), .body("scope", \.scope), .body("sessionId", \.sessionId))
}

/// Signs in.
package enum Login: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let email: EmailAddress
        package let password: String
        package let deviceLabel: String?
    }
    package typealias Output = Tokens
    package enum Failure: String, DeclaredFailure {
        case invalidCredentials = "invalid-credentials"
        case emailUnverified = "email-unverified"
        case rateLimited = "rate-limited"
        case busy = "auth-busy"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/login"
    package static let policy = Policy(visibility: .public, rate: .login, retry: .never)
    package static let input = Shape(
        Input.init, .body("email", \.email), .body("password", \.password, .length(1...128)),
        .body("deviceLabel", \.deviceLabel, .length(1...80), .singleLine))
    package static let output = Answer.ok(Tokens.shape, "Signed in.")
    package static let summary = "Sign in with address and password."
}

/// Exchanges a refresh token for new tokens; the old one ends.
package enum RefreshTokens: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let refreshToken: String
    }
    package typealias Output = Tokens
    package enum Failure: String, DeclaredFailure {
        case invalid = "refresh-invalid"
        case revoked = "session-revoked"
        case reused = "refresh-reused"
        case rateLimited = "rate-limited"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/token/refresh"
    package static let policy = Policy(visibility: .public, rate: .login, retry: .never)
    package static let input = Shape(Input.init, .body("refreshToken", \.refreshToken, .length(1...512)))
    package static let output = Answer.ok(Tokens.shape, "The next pair.")
    package static let summary = "Exchange a refresh token for new tokens."
}

/// Ends the session that the access token belongs to.
package enum Logout: Endpoint {
    package typealias Caller = SignedIn
    package typealias Input = Nothing
    package typealias Output = Nothing
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/logout"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Nothing.shape
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Sign out of this session."
}

/// Ends every session of the account.
package enum LogoutEverywhere: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: Sendable {
        package let keepCurrent: Bool
    }
    package typealias Output = Nothing
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/logout-all"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(Input.init, .body("keepCurrent", \.keepCurrent, .default(false)))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Sign out everywhere, or everywhere else."
}
