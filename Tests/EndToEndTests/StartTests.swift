import TestKit
import Testing

@Suite("A suite starts", .serialized)
struct StartTests {
    @Test("and takes requests", arguments: SuiteUnderTest.Mode.allCases)
    func ready(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        let reply = try await suite.gateway.get("/v1/articles?limit=1")
        #expect(reply.status == 200, "\(reply)")
        let person = try await suite.newPerson()
        #expect(try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]).status == 200)
    }
}
