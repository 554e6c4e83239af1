package import Cryptography
package import Postgres
internal import Primitives
internal import Protocol

/// Writes the demo accounts. Nothing is told to other services: `causeway seed` writes their part itself.
package struct AuthSeed: Sendable {
    private let database: Database
    private let passwords: PasswordVault
    private let accounts = AccountStore()
    private let audit = AuditStore()

    package init(database: Database, secrets: AuthSecrets, hasher: PasswordHasher) {
        self.database = database
        passwords = PasswordVault(hasher: hasher, pepper: secrets.pepper)
    }

    /// Adds those of `demo` whose addresses are not taken; what is there is left alone.
    ///
    /// - Returns: how many were added.
    package func insert(_ demo: [DemoAccount] = DemoAccount.all) async throws -> Int {
        var added = 0
        for person in demo where try await insert(person) { added += 1 }
        return added
    }

    private func insert(_ person: DemoAccount) async throws -> Bool {
        // An erased account does not come back, not even in demonstrations: other services have buried its id.
        guard try await accounts.find(emailKey: person.email, in: database) == nil,
            try await !accounts.isErased(person.id, in: database)
        else { return false }
        let password = try await passwords.seal(Secret(person.password), for: person.id)
        let account = Account(
            id: person.id, email: person.email, emailKey: person.email, emailVerifiedAt: DemoAccount.createdAt,
            displayName: person.displayName, locale: "en", roles: [person.role.rawValue], status: .active, epoch: 1,
            createdAt: DemoAccount.createdAt)
        return try await database.transaction { transaction in
            guard try await accounts.insert(account, in: transaction) else { return false }
            try await accounts.insertCredential(
                of: account.id, password: password, at: DemoAccount.createdAt, in: transaction)
            try await audit.append(
                AuditEntry(.register, .success, subject: account.id, detail: ["by": "seed"]), at: .now, in: transaction)
            return true
        }
    }
}
