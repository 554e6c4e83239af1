import AuthService
import Protocol
import Testing

@Suite struct DemoAccountTests {
    @Test func everyRoleHasOne() {
        #expect(Set(DemoAccount.all.map(\.role)) == Set(Role.allCases))
    }

    /// Other services' demo data name these ids.
    @Test func theIdsNeverChange() {
        let expected = [
            "reader@example.com 019b76da-a800-7d23-9e2f-249f7b4d5157",
            "author@example.com 019b76da-a800-788e-98a0-24e2b568413c",
            "author2@example.com 019b76da-a800-7f49-ae7d-681c5d991680",
            "editor@example.com 019b76da-a800-79ae-b37d-b13958f6388b",
            "admin@example.com 019b76da-a800-72f4-8eb9-5e3f453a11d0",
        ]
        #expect(DemoAccount.all.map { "\($0.email) \($0.id)" } == expected)
    }

    @Test func thePasswordsAreGoodOnes() throws {
        let rules = PasswordRules(codePointsMin: 15, common: CommonPasswords(path: "/nonexistent"))
        for person in DemoAccount.all {
            let email = try #require(EmailAddress(person.email))
            let faults = rules.faults(
                of: person.password, email: email, displayName: person.displayName, serviceName: "Causeway")
            #expect(faults.isEmpty)
        }
    }
}
