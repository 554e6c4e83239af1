import TestKit
import Testing

/// Changes what all parts share, so it has a suite of its own.
@Suite("Starting and stopping")
struct LifeTests {
    @Test("A service refuses an older schema; drained, each part ends with 0 and loses no request")
    func life() async throws {
        let suite = try await SuiteUnderTest.start(.init(.fourProcesses))
        do {
            try await check(suite)
        } catch {
            await suite.stop()
            throw error
        }
        await suite.stop()
    }

    private func check(_ suite: SuiteUnderTest) async throws {
        #expect(try await suite.gateway.get("/v1/articles").status == 200)
        for (part, schema) in [(SuiteUnderTest.Part.auth, "auth"), (.user, "users"), (.content, "content")] {
            #expect(await suite.stop(part) == 0, "\(part) \(suite.errors(part))")
            let row = try await suite.psql("DELETE FROM \(schema).schema_migrations RETURNING number")
            #expect(row.status == 0, "\(row.errorText)")
            let refused = try await suite.causeway(["serve", part.rawValue], seconds: 20)
            #expect(refused.status == 1, "\(refused.status)")
            let words = refused.errorText.split(separator: "\n").filter { !$0.hasPrefix("{") }.joined()
            #expect(words.contains("the schema \(schema)") && words.contains("causeway migrate"), "\(words)")
        }
        let away = try await suite.gateway.get("/v1/articles")
        expectProblem(away, 503, "unavailable")
        #expect(await suite.stop(.gateway) == 0, "\(suite.errors(.gateway))")
        await #expect(throws: Curl.NoAnswer.self) { try await suite.gateway.get("/livez") }
    }
}
