package import Contract
internal import Primitives

/// What a successful sign-in or refresh gives (RFC 6749, section 5.1, in camel case).
package struct Tokens: Shaped {
    /// A JWT (RFC 9068) for `Authorization: Bearer`; nil where it travels as a cookie.
    package let accessToken: String?
    package let tokenType: String
    /// Seconds that the access token lasts.
    package let expiresIn: Int
    package let refreshToken: String?
    /// Seconds that the refresh token lasts when it is not used.
    package let refreshExpiresIn: Int
    /// Permissions, separated by spaces.
    package let scope: String
    package let sessionId: SessionID
    /// For `X-CSRF-Token`, where the tokens travel as cookies.
    package let csrfToken: String?
    /// The tokens as cookies; nil where the body holds them.
    package private(set) var cookies: TokenCookies?

    package init(
        accessToken: String?, tokenType: String = "Bearer", expiresIn: Int, refreshToken: String?,
        refreshExpiresIn: Int, scope: String, sessionId: SessionID, csrfToken: String? = nil
    ) {
        self.accessToken = accessToken
        self.tokenType = tokenType
        self.expiresIn = expiresIn
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
        self.scope = scope
        self.sessionId = sessionId
        self.csrfToken = csrfToken
    }

    /// The same tokens, as cookies. `csrfToken` proves that a page may read what this answers.
    package func asCookies(csrfToken: String) -> Tokens {
        var tokens = Tokens(
            accessToken: nil, tokenType: tokenType, expiresIn: expiresIn, refreshToken: nil,
            refreshExpiresIn: refreshExpiresIn, scope: scope, sessionId: sessionId, csrfToken: csrfToken)
        tokens.cookies = TokenCookies(
            access: accessToken.map { TokenCookies.set(TokenCookies.accessName, $0, .lax, seconds: expiresIn) },
            refresh: refreshToken.map {
                TokenCookies.set(TokenCookies.refreshName, $0, .strict, seconds: refreshExpiresIn)
            })
        return tokens
    }

    package static let answer = Answer.ok(
        shape, headers: [.setCookie { $0.cookies?.access }, .setCookie { $0.cookies?.refresh }], "Signed in.")

    package static let shape = Shape(
        Tokens.init, named: "Tokens", .body("accessToken", \.accessToken, whenNil: .omit),
        .body("tokenType", \.tokenType),
        .body("expiresIn", \.expiresIn), .body("refreshToken", \.refreshToken, whenNil: .omit),
        .body("refreshExpiresIn", \.refreshExpiresIn), .body("scope", \.scope), .body("sessionId", \.sessionId),
        .body("csrfToken", \.csrfToken, whenNil: .omit))
}

/// Signs in.
package enum Login: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let email: EmailAddress
        package let password: String
        package let deviceLabel: String?
        package let transport: TokenTransport?
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
        Input.init, .body("email", \.email), .body("password", \.password, .length(Register.passwordLength)),
        .body("deviceLabel", \.deviceLabel, .length(1...80), .singleLine),
        .header(TokenTransport.header, \.transport))
    package static let output = Tokens.answer
    package static let summary = "Sign in with address and password."
}

/// Exchanges a refresh token for new tokens; the old one ends.
package enum RefreshTokens: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let refreshToken: String?
        package let refreshCookie: String?
        package let transport: TokenTransport?
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
    // Not `login`: that is few an address and counted for all behind it, so that one's failed sign-ins would end the
    // sessions of everybody. A forgery costs no query, and auth counts each session's refreshes.
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never, criticality: .critical)
    package static let input = Shape(
        Input.init, .body("refreshToken", \.refreshToken, .length(1...512)),
        .cookie(TokenCookies.refreshName, \.refreshCookie), .header(TokenTransport.header, \.transport))
    package static let output = Tokens.answer
    package static let summary = "Exchange a refresh token, of the body or of the cookie, for new tokens."
}

/// Ends the session that the access token belongs to. Browsers may have no more than the refresh token's cookie left,
/// since that of the access token goes after minutes: then that is the proof.
package enum Logout: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let refreshCookie: String?
    }
    package struct Output: Sendable {
        /// Whether the tokens' cookies are to go.
        package let endsCookies: Bool

        package init(endsCookies: Bool) {
            self.endsCookies = endsCookies
        }
    }
    package enum Failure: String, DeclaredFailure { case unauthenticated }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/logout"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never, criticality: .critical)
    package static let input = Shape(Input.init, .cookie(TokenCookies.refreshName, \.refreshCookie))
    package static let output = Answer.empty(
        Shape<Output> { Output(endsCookies: false) },
        headers: [
            .setCookie { $0.endsCookies ? TokenCookies.end(TokenCookies.accessName, .lax) : nil },
            .setCookie { $0.endsCookies ? TokenCookies.end(TokenCookies.refreshName, .strict) : nil },
        ])
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
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never, criticality: .critical)
    package static let input = Shape(Input.init, .body("keepCurrent", \.keepCurrent, .default(false)))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Sign out everywhere, or everywhere else."
}
