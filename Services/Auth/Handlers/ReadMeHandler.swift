internal import Contract
internal import Cryptography
internal import Primitives
internal import Protocol

struct ReadMeHandler: Handler {
    typealias Operation = ReadMe
    let parts: AuthParts

    func handle(_ input: Nothing, _ call: Call<SignedIn>) async throws -> Me {
        let now = parts.clock.now
        // An access token that lives came with the newest refresh token if that was made longer ago than any older one
        // lives: then it has reached its client.
        let lifetime = parts.configuration.accessTokenLifetime + AccessTokenClaims.leeway
        let found = try await parts.accounts.readSignedIn(
            call.caller.id, session: call.caller.account.session, rotatedBefore: now - lifetime, in: parts.database)
        guard let found, found.account.status == .active else { throw Problem(.accessTokenInvalid) }
        if found.confirmsRefresh {
            try await parts.sessions.confirm(
                call.caller.account.session, rotatedBefore: now - lifetime, in: parts.database)
        }
        let account = found.account
        // What the caller may do: an API key, or a token that is narrower than its account, may do less, and roles may
        // have changed since it was made.
        let held = Set(call.caller.account.permissions)
        return Me(
            id: account.id, email: account.email, emailVerified: account.emailVerifiedAt != nil, roles: account.roles,
            permissions: Role.permissions(of: account.roles).filter(held.contains), mfa: false)
    }
}

/// For other services.
struct ReadAccountHandler: Handler {
    typealias Operation = ReadAccount
    let parts: AuthParts

    func handle(_ input: ReadAccount.Input, _ call: Call<PeerService>) async throws -> AccountFacts {
        guard let account = try await parts.accounts.read(input.account, in: parts.database) else {
            throw Rejection(ReadAccount.Failure.notFound)
        }
        return AccountFacts(
            id: account.id, displayName: account.displayName, locale: account.locale, createdAt: account.createdAt)
    }
}
