internal import Contract

extension ProblemKind {
    /// The kinds that the suite's own endpoints declare.
    static let suite: [ProblemKind] = [
        weakPassword, tokenInvalid, invalidCredentials, emailUnverified, authBusy, refreshInvalid, refreshReused,
        sessionRevoked, handleTaken, slugTaken, cursorInvalid, alreadyPublished, notPublished, authorDisabled,
        ownAccount, passwordRequired, scopeExceedsOwner, tooManyAPIKeys,
    ]

    static let weakPassword = ProblemKind(
        "weak-password", 422, "The password is too weak.",
        cause: "It is too short, in the list of common passwords, or the same as the address or the service's name.",
        fix: "Choose a longer one; the errors give the reason.")
    static let tokenInvalid = ProblemKind(
        "token-invalid", 400, "The link is not valid.",
        cause: "The token of the link is wrong, used, replaced by a newer one, or too old.",
        fix: "Ask for a new mail.")
    static let passwordRequired = ProblemKind(
        "password-required", 409, "The password must say which registration is meant.",
        cause: "The address was registered more than once, perhaps not by the same person.",
        fix: "Send the password that you registered with; the token can still be used.")
    static let invalidCredentials = ProblemKind(
        "invalid-credentials", 401, "Address or password is wrong.",
        cause: "No account answers to this address and password; the answer is the same for every reason.",
        fix: "Check both, or reset the password.")
    static let emailUnverified = ProblemKind(
        "email-unverified", 403, "The address is not verified.",
        cause: "The account's address must be verified before the first sign-in.",
        fix: "Follow the link in the mail; POST /v1/auth/email/resend sends another.")
    static let authBusy = ProblemKind(
        "auth-busy", 503, "Too many sign-ins at this moment.",
        cause: "Verifying a password is expensive, and as many as the server takes are under way.",
        fix: "Try again after as long as Retry-After says.")
    static let refreshInvalid = ProblemKind(
        "refresh-invalid", 401, "The refresh token is not valid.",
        cause: "The token was not made here, or it is too old.",
        fix: "Sign in again.")
    static let refreshReused = ProblemKind(
        "refresh-reused", 401, "The refresh token was used before.",
        cause: "A token that had been replaced came again, so that it may be stolen; its session was revoked.",
        fix: "Sign in again.")
    static let sessionRevoked = ProblemKind(
        "session-revoked", 401, "The session has ended.",
        cause: "Someone signed out of the session, or it was revoked.",
        fix: "Sign in again.")
    static let handleTaken = ProblemKind(
        "handle-taken", 409, "The handle is taken.",
        cause: "Another profile has this handle.",
        fix: "Choose another.")
    static let slugTaken = ProblemKind(
        "slug-taken", 409, "The slug is taken.",
        cause: "Another article has, or had, this slug.",
        fix: "Choose another.")
    static let cursorInvalid = ProblemKind(
        "cursor-invalid", 400, "The cursor is not valid.",
        cause: "The cursor was changed, or was made for another filter or order.",
        fix: "Start from the first page, or repeat the filter that the cursor came from.")
    static let alreadyPublished = ProblemKind(
        "already-published", 409, "The article is published as it is.",
        cause: "The working copy has not changed since it was published.",
        fix: "Change it first.")
    static let notPublished = ProblemKind(
        "not-published", 409, "The article is not published.",
        cause: "Only a published article can be unpublished.",
        fix: "Publish it first.")
    static let authorDisabled = ProblemKind(
        "author-disabled", 409, "The author's account is disabled.",
        cause: "Nothing by an author is public while the account is disabled.",
        fix: "Have the account enabled first.")
    static let scopeExceedsOwner = ProblemKind(
        "scope-exceeds-owner", 403, "A key may not do more than its owner.",
        cause: "One of the scopes is no permission that the caller holds.",
        fix: "Leave out the scopes that the errors point to.")
    static let tooManyAPIKeys = ProblemKind(
        "too-many-api-keys", 409, "There are as many API keys as an account may have.",
        cause: "Expired keys count until they are deleted.",
        fix: "Delete keys that are not used, or rotate one.")
    static let ownAccount = ProblemKind(
        "own-account", 409, "It is your own account.",
        cause: "Nobody closes the account that they are signed in with by accident.",
        fix: "Ask another administrator.")
}
