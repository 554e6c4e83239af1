internal import Primitives
package import Protocol

/// What of the auth service may be set. The defaults are those of production.
package struct AuthConfiguration: Sendable {
    /// Where people reach the suite, without a slash at its end: what mailed links start with, and the `iss` of tokens.
    package var publicURL: String
    /// `aud` of access tokens.
    package var audience = "causeway"
    /// `client_id` of sessions that start with a password.
    package var clientID = "causeway"
    /// What mails call the suite; no password may be it.
    package var serviceName = "Causeway"
    package var accessTokenLifetime: Duration = .seconds(900)
    /// How long a session lives without being used.
    package var refreshIdleLifetime: Duration = .seconds(7 * 86_400)
    /// How long a session lives at all.
    package var refreshAbsoluteLifetime: Duration = .seconds(30 * 86_400)
    package var verifyLinkLifetime: Duration = .seconds(24 * 3600)
    package var passwordCodePointsMin = 15
    /// One password a line; where the file is absent, a short list that is built in.
    package var commonPasswordsPath = "/usr/share/john/password.lst"
    /// Whether an address must be verified before the first sign-in.
    package var requiresVerifiedEmail = true
    package var newAccountRole = Role.reader
    /// For how long a refresh token that was exchanged gives the same successor again.
    package var refreshGrace: Duration = .seconds(10)
    package var limits = AuthLimits()
    package var hashing = HashingConfiguration()
    /// How long Redis may take to count an attempt; after that this process counts for itself.
    package var limitTimeout: Duration = .milliseconds(100)
    package var keySchedule = KeySchedule()
    /// How long ended sessions are kept.
    package var sessionHistory: Duration = .seconds(30 * 86_400)
    /// The address that mails come from; the service's name stands before it.
    package var mailSender = "no-reply@causeway.example"

    /// Stands in API keys, so that one of a trial is seen for one.
    package var apiKeyEnvironment = "live"

    package init(publicURL: String) {
        self.publicURL = publicURL
    }
}
