/// Settings by which an operator takes a risk on purpose that production refuses otherwise. Each that is used is told
/// in the log at every start.
package enum AcceptedRisk {
    package static let plaintextInternal = Setting(
        "allow.plaintext-internal", default: false,
        "In production, lets PostgreSQL, Redis and services of other machines be spoken to without TLS.")
    package static let redisWithoutPassword = Setting(
        "allow.redis-without-password", default: false,
        "In production, lets a Redis of another machine be used without a password.")
    package static let superuserWithoutPassword = Setting(
        "allow.superuser-without-password", default: false,
        "In production, lets `causeway migrate` use a PostgreSQL of another machine without the superuser's password.")
    package static let plaintextMail = Setting(
        "allow.plaintext-mail", default: false,
        "In production, lets mails with their links go to another machine without TLS.")
    package static let localIdentity = Setting(
        "allow.local-identity", default: false,
        "In production, lets the public URL be this machine's own and the certificate one made for development.")
    package static let raisedLimits = Setting(
        "allow.raised-limits", default: false, "In production, lets rate limits be multiplied by more than 10.")
    package static let unverifiedEmail = Setting(
        "allow.unverified-email", default: false, "In production, lets people sign in whose address is not verified.")
}
