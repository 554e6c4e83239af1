import AuthService
import Protocol
import Testing

@Suite struct DemoAccountTests {
    @Test func everyRoleHasOne() {
        #expect(Set(DemoAccount.all.map(\.role)) == Set(Role.allCases))
    }

    /// Other services' demo data name these ids.
    @Test func theIdsNeverChange() {
        #expect(DemoAccount.all.map { "\($0.email) \($0.id)" } == [])
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
