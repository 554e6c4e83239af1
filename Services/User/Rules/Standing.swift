internal import Postgres

/// What is known here of an account.
enum Standing: String, Sendable, PostgresCodable {
    case active
    /// Its profile is hidden.
    case disabled
    /// It never has a profile again.
    case erased
}
