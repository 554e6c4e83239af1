package import Contract

/// Starts an account.
package enum Register: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let email: EmailAddress
        package let password: String
        package let displayName: String?
        package let locale: String?
    }
    package typealias Output = Acceptance
    package enum Failure: String, DeclaredFailure { case weakPassword = "weak-password", busy = "auth-busy" }
    /// Of any password, in code points. What a new one must be auth decides.
    package static let passwordLength = 1...128
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/register"
    package static let policy = Policy(visibility: .public, rate: .mail, retry: .never)
    package static let input = Shape(
        Input.init, .body("email", \.email), .body("password", \.password, .length(passwordLength)),
        .body("displayName", \.displayName, .length(1...80), .singleLine), .body("locale", \.locale, .languageTag))
    package static let output = Answer.accepted(Acceptance.shape, "The same whether or not the address is known.")
    package static let summary = "Register an account; a mail with a link follows."
}

/// What a request answers whose outcome must not be told.
package struct Acceptance: Shaped, Hashable {
    package let status: String

    package init(status: String = "accepted") {
        self.status = status
    }

    package static let shape = Shape(Acceptance.init(status:), named: "Acceptance", .body("status", \.status))
}

/// Proves that an address is the registrant's.
package enum VerifyEmail: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let token: String
        package let password: String?
    }
    package typealias Output = Nothing
    package enum Failure: String, DeclaredFailure {
        case tokenInvalid = "token-invalid"
        case passwordRequired = "password-required"
        case invalidCredentials = "invalid-credentials"
        case busy = "auth-busy"
    }
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/email/verify"
    package static let policy = Policy(visibility: .public, rate: .login, retry: .never)
    package static let input = Shape(
        Input.init, .body("token", \.token, .length(1...128)),
        .body("password", \.password, .length(Register.passwordLength)))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "Verify an address with the token of the mailed link."
    package static let details = """
        Anybody can register an address, and only its owner gets the link. With `password`, the registration that it \
        belongs to becomes the account; without, the only one there is. The page of the link always asks for it.
        """
}

/// Sends the verification mail again.
package enum ResendVerification: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let email: EmailAddress
    }
    package typealias Output = Acceptance
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.post
    package static let path: StaticString = "/v1/auth/email/resend"
    package static let policy = Policy(visibility: .public, rate: .mail, retry: .never)
    package static let input = Shape(Input.init, .body("email", \.email))
    package static let output = Answer.accepted(Acceptance.shape, "The same whether or not the address is known.")
    package static let summary = "Send the verification mail again; older links end."
}
