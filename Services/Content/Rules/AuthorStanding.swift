internal import Postgres

/// What is known here of an author's account.
enum AuthorStanding: String, Sendable, PostgresCodable {
    case active
    /// What was published is withheld, and nothing can be published.
    case disabled
    /// Nothing of the author's is there, nor ever will be.
    case erased
}
