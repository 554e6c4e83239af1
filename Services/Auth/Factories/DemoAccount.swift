package import Contract
package import Primitives
package import Protocol

/// An account of the demo data, with the password that it can be tried with.
package struct DemoAccount: Sendable, Hashable {
    package let id: AccountID
    package let email: String
    package let password: String
    package let displayName: String
    package let role: Role

    /// Makes an account whose id `generator` determines.
    package init(
        email: String, displayName: String, role: Role, createdAt: Timestamp,
        using generator: inout some RandomNumberGenerator
    ) {
        id = AccountID(UUIDv7(at: createdAt, using: &generator))
        self.email = email
        self.displayName = displayName
        self.role = role
        password = "causeway demo 2026"
    }

    /// When the demo accounts were made: 2026-01-01T00:00:00Z.
    package static let createdAt = Timestamp(seconds: 1_767_225_600)

    /// One account of each role, and a second author; the same in every run.
    package static let all: [DemoAccount] = {
        var generator = SeededGenerator(seed: 2026)
        let people: [(String, String, Role)] = [
            ("reader@example.com", "Rita Reader", .reader), ("author@example.com", "Arno Author", .author),
            ("author2@example.com", "Ada Author", .author), ("editor@example.com", "Edda Editor", .editor),
            ("admin@example.com", "Adam Admin", .admin),
        ]
        return people.map { email, name, role in
            DemoAccount(email: email, displayName: name, role: role, createdAt: createdAt, using: &generator)
        }
    }()
}
