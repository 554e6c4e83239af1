internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol
internal import RateLimiting
internal import Redis
internal import ServiceKit

struct CreateAPIKeyHandler: Handler {
    typealias Operation = CreateAPIKey
    let parts: AuthParts

    func handle(_ input: CreateAPIKey.Input, _ call: Call<SignedIn>) async throws -> NewAPIKey {
        let excess = parts.excess(of: input.scopes, call)
        guard excess.isEmpty else { throw Rejection(CreateAPIKey.Failure.scopeExceedsOwner, errors: excess) }
        if let retryAfter = await parts.refusalOfNewKey(call) {
            throw Rejection(CreateAPIKey.Failure.rateLimited, retryAfter: retryAfter)
        }
        let (account, now) = (call.caller.id, parts.clock.now)
        let key = APIKey.make(environment: parts.configuration.apiKeyEnvironment)
        let row = APIKeyRow(
            id: APIKeyID(UUIDv7(at: now)), grant: .make(), name: input.name, prefix: key.prefix,
            scopes: input.scopes.sorted(), allowedCidrs: input.allowedCidrs, version: 1, createdAt: now,
            expiresAt: now + .days(input.expiresInDays), lastUsedAt: nil)
        try await parts.database.transaction { transaction in
            guard try await parts.apiKeys.insert(row, key, of: account, in: transaction) else {
                parts.limits.acted("api-keys-per-account", call.facts)
                throw Rejection(CreateAPIKey.Failure.tooMany)
            }
            try await parts.note(.createAPIKey, row, call, in: transaction)
        }
        return NewAPIKey(view: row.view, key: key.text.exposedValue)
    }
}

struct ListAPIKeysHandler: Handler {
    typealias Operation = ListAPIKeys
    let parts: AuthParts

    func handle(_ input: Nothing, _ call: Call<SignedIn>) async throws -> Items<APIKeyView> {
        Items(items: try await parts.apiKeys.list(of: call.caller.id, in: parts.database).map(\.view))
    }
}

struct ReadAPIKeyHandler: Handler {
    typealias Operation = ReadAPIKey
    let parts: AuthParts

    func handle(_ input: ReadAPIKey.Input, _ call: Call<SignedIn>) async throws -> APIKeyView {
        guard let row = try await parts.apiKeys.read(input.key, of: call.caller.id, in: parts.database) else {
            throw Rejection(ReadAPIKey.Failure.notFound)
        }
        return row.view
    }
}

/// Other scopes or ranges are another grant, so that every process asks anew what the key may do.
struct UpdateAPIKeyHandler: PatchHandler {
    typealias Operation = UpdateAPIKey
    let parts: AuthParts

    func current(_ input: UpdateAPIKey.Input, _ call: Call<SignedIn>) async throws -> APIKeyRow {
        guard let row = try await parts.apiKeys.read(input.key, of: call.caller.id, in: parts.database) else {
            throw Rejection(UpdateAPIKey.Failure.notFound)
        }
        return row
    }

    func view(_ row: APIKeyRow) -> APIKeyView { row.view }

    func write(
        _ input: UpdateAPIKey.Input, over row: APIKeyRow, _ call: Call<SignedIn>
    ) async throws -> APIKeyView? {
        let scopes = input.scopes.applied(to: row.scopes).sorted()
        let allowedCidrs = input.allowedCidrs.applied(to: row.allowedCidrs)
        // What it had before it keeps, even where its owner may no longer do that: it is of no use then.
        let excess = parts.excess(of: scopes.filter { !row.scopes.contains($0) }, call)
        guard excess.isEmpty else { throw Rejection(UpdateAPIKey.Failure.scopeExceedsOwner, errors: excess) }
        let isSameGrant = scopes == row.scopes && allowedCidrs == row.allowedCidrs
        let changed = APIKeyRow(
            id: row.id, grant: isSameGrant ? row.grant : .make(), name: input.name.applied(to: row.name),
            prefix: row.prefix, scopes: scopes, allowedCidrs: allowedCidrs, version: row.version,
            createdAt: row.createdAt, expiresAt: row.expiresAt, lastUsedAt: row.lastUsedAt)
        if isSameGrant, changed.name == row.name { return row.view }
        let now = parts.clock.now
        let written = try await parts.database.transaction { transaction -> (APIKeyRow, [Revocation])? in
            let updated = try await parts.apiKeys.update(changed, of: call.caller.id, at: now, in: transaction)
            guard let updated else { return nil }
            try await parts.note(.changeAPIKey, updated, call, in: transaction)
            return (updated, try await parts.end(isSameGrant ? [] : [row.grant], at: now, in: transaction))
        }
        guard let (updated, revocations) = written else { return nil }
        await parts.publisher.publish(revocations)
        return updated.view
    }
}

struct DeleteAPIKeyHandler: Handler {
    typealias Operation = DeleteAPIKey
    let parts: AuthParts

    func handle(_ input: DeleteAPIKey.Input, _ call: Call<SignedIn>) async throws -> Nothing {
        try await ConditionalWrite(input.ifMatch).run {
            guard let row = try await parts.apiKeys.read(input.key, of: call.caller.id, in: parts.database) else {
                throw Rejection(DeleteAPIKey.Failure.notFound)
            }
            return row
        } write: { (row: APIKeyRow) in
            try await delete(row, call) ? Nothing() : nil
        }
    }

    private func delete(_ row: APIKeyRow, _ call: Call<SignedIn>) async throws -> Bool {
        let now = parts.clock.now
        let revocations = try await parts.database.transaction { transaction -> [Revocation] in
            guard try await parts.apiKeys.delete(row, of: call.caller.id, in: transaction) else { return [] }
            try await parts.note(.deleteAPIKey, row, call, in: transaction)
            return try await parts.end([row.grant], at: now, in: transaction)
        }
        await parts.publisher.publish(revocations)
        return !revocations.isEmpty
    }
}

struct RotateAPIKeyHandler: Handler {
    typealias Operation = RotateAPIKey
    let parts: AuthParts

    func handle(_ input: RotateAPIKey.Input, _ call: Call<SignedIn>) async throws -> NewAPIKey {
        let (account, now) = (call.caller.id, parts.clock.now)
        if let retryAfter = await parts.refusalOfNewKey(call) {
            throw Rejection(RotateAPIKey.Failure.rateLimited, retryAfter: retryAfter)
        }
        let renewal = APIKeyRenewal(
            key: .make(environment: parts.configuration.apiKeyEnvironment), grant: .make(),
            expiresAt: now + .days(input.expiresInDays))
        let (row, revocations) = try await parts.database.transaction { transaction in
            guard
                let rotated = try await parts.apiKeys.rotate(
                    input.key, of: account, to: renewal, at: now, in: transaction)
            else { throw Rejection(RotateAPIKey.Failure.notFound) }
            try await parts.note(.rotateAPIKey, rotated.row, call, in: transaction)
            return (rotated.row, try await parts.end([rotated.endedGrant], at: now, in: transaction))
        }
        await parts.publisher.publish(revocations)
        return NewAPIKey(view: row.view, key: renewal.key.text.exposedValue)
    }
}

/// For the gateway.
struct ResolveAPIKeyHandler: Handler {
    typealias Operation = ResolveAPIKey
    let parts: AuthParts

    func handle(_ input: ResolveAPIKey.Input, _ call: Call<PeerOrGateway>) async throws -> APIKeyGrant {
        guard let digest = Hex.decode(input.digest), digest.count == 32,
            let grant = try await parts.apiKeys.resolve(digest: digest, at: parts.clock.now, in: parts.database)
        else { throw Rejection(ResolveAPIKey.Failure.apiKeyInvalid) }
        return grant
    }
}

extension AuthParts {
    /// When another key may be made; nil where it may be now.
    fileprivate func refusalOfNewKey(_ call: Call<SignedIn>) async -> Duration? {
        let demand = RateDemand(key: "api-keys:\(call.caller.id)", limit: configuration.limits.newAPIKeys)
        return await refusal(by: demand, named: "new-api-keys", call.facts)
    }

    /// The scopes that the caller does not hold.
    fileprivate func excess(of scopes: [String], _ call: Call<SignedIn>) -> [FieldFault] {
        let held = Set(call.caller.account.permissions)
        return scopes.filter { !held.contains($0) }.map { scope in
            FieldFault(.body(pointer: "/scopes"), "scope", "You do not hold the permission \(scope).")
        }
    }

    fileprivate func note(
        _ action: AuditAction, _ row: APIKeyRow, _ call: Call<SignedIn>, in transaction: Transaction
    ) async throws {
        let entry = AuditEntry(
            action, .success, actor: call.caller.id, subject: call.caller.id, facts: call.facts,
            detail: ["key": row.id.description, "prefix": row.prefix, "scopes": row.scopes.joined(separator: " ")])
        try await audit.append(entry, at: clock.now, in: transaction)
    }

    /// Ends grants everywhere, as if they were sessions.
    fileprivate func end(
        _ grants: [SessionID], at now: Timestamp, in transaction: Transaction
    ) async throws -> [Revocation] {
        try await revocations.record(sessions: grants, at: now, in: transaction)
    }
}

extension Duration {
    fileprivate static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
