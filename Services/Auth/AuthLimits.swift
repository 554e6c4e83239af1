package import RateLimiting

/// How often things may be done, counted for all processes together; the gateway's limits by address come before.
package struct AuthLimits: Sendable {
    /// How often a password may be tried.
    package var attempts = AttemptPolicy.login
    /// Refreshes of one session.
    package var refreshes = GCRA.perMinute(30)
    /// Mails to one address of one share, which have to be within both.
    package var mailsPerMinute = GCRA.perMinute(1)
    package var mailsPerHour = GCRA.perHour(5)
    /// API keys that an account makes or gives another secret.
    package var newAPIKeys = GCRA.perHour(10)

    package init() {}
}
