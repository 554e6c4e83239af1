extension ProblemKind {
    /// The kinds that any endpoint may answer with, since they come from HTTP and the contract itself.
    package static let standard: [ProblemKind] = [
        malformedRequest, malformedJSON, malformedPatch, invalidQuery, unauthenticated, accessTokenInvalid,
        credentialsConflict, apiKeyInvalid, csrfFailed, forbidden,
        notFound, methodNotAllowed, notAcceptable, patchConflict, preconditionFailed, preconditionRequired,
        bodyTooLarge, unsupportedMediaType, misdirected, validation,
        idempotencyKeyInvalid, idempotencyInFlight, idempotencyKeyReused,
        rateLimited, headersTooLarge, fault, notImplemented, badGateway, unavailable, overloaded,
        deadlineExceeded,
    ]

    package static let malformedRequest = ProblemKind(
        "malformed-request", 400, "The request is malformed.",
        cause: "The request breaks a rule of HTTP, or its target is not in canonical form.",
        fix: "Send a well-formed request; the detail names the rule.")
    package static let malformedJSON = ProblemKind(
        "malformed-json", 400, "The body is not valid JSON.",
        cause: "The body is not JSON in UTF-8, repeats a member, or is nested too deeply.",
        fix: "Send one JSON object with unique member names; the detail says where reading stopped.")
    package static let malformedPatch = ProblemKind(
        "malformed-patch", 400, "The body is not a JSON Patch.",
        cause: "The body is JSON, but not a list of operations as RFC 6902 describes them.",
        fix: "Correct the operation that the errors point to, or send a merge patch (RFC 7396).")
    package static let invalidQuery = ProblemKind(
        "invalid-query", 400, "A query parameter or header is wrong.",
        cause: "A parameter is unknown, repeated, or out of its range.",
        fix: "Look the operation's parameters up in /openapi.json; the errors name the parameter.")
    package static let unauthenticated = ProblemKind(
        "unauthenticated", 401, "Signing in is needed.",
        cause: "The operation needs a credential and none was sent.",
        fix: "Send `Authorization: Bearer <access token>`; POST /v1/auth/login gives one.")
    package static let accessTokenInvalid = ProblemKind(
        "access-token-invalid", 401, "The access token is not valid.",
        cause: "The token is malformed, expired, revoked, or was not made here.",
        fix: "Refresh the token or sign in again.")
    package static let credentialsConflict = ProblemKind(
        "credentials-conflict", 400, "More than one credential was sent.",
        cause: "A request may carry one credential: a bearer token, an API key or a cookie.",
        fix: "Send one of them.")
    package static let apiKeyInvalid = ProblemKind(
        "api-key-invalid", 401, "The API key is not valid.",
        cause: "The key is malformed, expired, deleted, replaced, or its owner's account is closed.",
        fix: "Make a new key, or rotate this one, while signed in.")
    package static let csrfFailed = ProblemKind(
        "csrf-failed", 403, "The request does not prove which page sent it.",
        cause: "A change that is authorised by a cookie came from another site, or without the session's token.",
        fix: "Send X-CSRF-Token with the csrfToken of the sign-in, from a page of this origin.")
    package static let forbidden = ProblemKind(
        "forbidden", 403, "The caller may not do this.",
        cause: "The caller is known and lacks the permission that the operation needs.",
        fix: "Ask for a role that holds the permission; the detail names it.")
    package static let notFound = ProblemKind(
        "not-found", 404, "There is no such thing.",
        cause: "Nothing is at this address, or the caller may not know that something is.",
        fix: "Check the path and the id.")
    package static let methodNotAllowed = ProblemKind(
        "method-not-allowed", 405, "The method is not allowed here.",
        cause: "The address exists and does not answer to this method.",
        fix: "Use one of the methods in the Allow header.")
    package static let notAcceptable = ProblemKind(
        "not-acceptable", 406, "No acceptable representation.",
        cause: "The Accept header excludes what the operation can answer with.",
        fix: "Accept application/json.")
    package static let patchConflict = ProblemKind(
        "patch-conflict", 409, "The patch does not fit the resource.",
        cause: "A test of the JSON Patch failed, or a place that it names is not there; nothing was changed.",
        fix: "Read the resource again and make a patch for what it is now.")
    package static let preconditionFailed = ProblemKind(
        "precondition-failed", 412, "The resource has changed.",
        cause: "If-Match names a version that is no longer the current one.",
        fix: "Read the resource again, apply the change to what it is now, and send the new ETag.")
    package static let preconditionRequired = ProblemKind(
        "precondition-required", 428, "If-Match is needed.",
        cause: "A change to a versioned resource must say which version it was made for.",
        fix: "Send If-Match with the ETag that was read, or `*` to overwrite whatever is there.")
    package static let bodyTooLarge = ProblemKind(
        "body-too-large", 413, "The body is too large.",
        cause: "The body is longer than the operation takes.",
        fix: "Send less; the detail gives the limit in bytes.")
    package static let unsupportedMediaType = ProblemKind(
        "unsupported-media-type", 415, "The content type is not supported.",
        cause: "The body's content type is missing or not one that the operation takes.",
        fix: "Use the type in the Accept-Post or Accept-Patch header.")
    package static let misdirected = ProblemKind(
        "misdirected-request", 421, "The request came to the wrong host.",
        cause: "This connection does not serve the host that the request names.",
        fix: "Open a new connection to that host.")
    package static let validation = ProblemKind(
        "validation", 422, "Some values are not valid.",
        cause: "The body is JSON, but some members are missing, unknown or out of their range.",
        fix: "Correct every member that the errors point to.")
    package static let idempotencyKeyInvalid = ProblemKind(
        "idempotency-key-invalid", 400, "The Idempotency-Key cannot be used.",
        cause: "The key is not 1 to 64 printable characters, came more than once, or came from an anonymous caller.",
        fix: "Send one key, bare or quoted; leave it out where you are not signed in.")
    package static let idempotencyInFlight = ProblemKind(
        "idempotency-in-flight", 409, "The same request is still being answered.",
        cause: "Another request with this Idempotency-Key is under way.",
        fix: "Send the same request again after as long as Retry-After says.")
    package static let idempotencyKeyReused = ProblemKind(
        "idempotency-key-reused", 422, "The Idempotency-Key was used for another request.",
        cause: "A request to this operation with this key was answered, and it was not the same one.",
        fix: "Send exactly the same request again, or use a new key for a new one.")
    package static let rateLimited = ProblemKind(
        "rate-limited", 429, "Too many requests.",
        cause: "The caller used up what its rate class allows.",
        fix: "Wait as long as Retry-After says.")
    package static let headersTooLarge = ProblemKind(
        "headers-too-large", 431, "The header fields are too large.",
        cause: "The header fields together, or one of them, exceed the limit.",
        fix: "Send fewer or shorter header fields.")
    package static let fault = ProblemKind(
        "fault", 500, "Something went wrong here.",
        cause: "A fault of the server; it was logged with the request's id.",
        fix: "Try again later; quote the instance when you report it.")
    package static let notImplemented = ProblemKind(
        "not-implemented", 501, "Not implemented.",
        cause: "The request uses a feature of HTTP that this server does not have.",
        fix: "Send the request without it.")
    package static let badGateway = ProblemKind(
        "bad-gateway", 502, "A service answered wrongly.",
        cause: "A service behind the gateway broke off or answered with something that is not HTTP.",
        fix: "Try again.")
    package static let unavailable = ProblemKind(
        "unavailable", 503, "The service is not available right now.",
        cause: "A part that the operation needs is away, starting or busy.",
        fix: "Try again after as long as Retry-After says.")
    package static let overloaded = ProblemKind(
        "overloaded", 503, "There is too much to do right now.",
        cause: "More is asked than can be done, and what matters least is refused first.",
        fix: "Try again after as long as Retry-After says, and less often.")
    package static let deadlineExceeded = ProblemKind(
        "deadline-exceeded", 504, "It took too long.",
        cause: "The operation did not finish before its deadline.",
        fix: "Try again; if the operation changes something, look first whether it did.")
}
