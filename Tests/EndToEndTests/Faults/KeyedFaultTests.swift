import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("A keyed request meets a fault")
    struct Keyed {
        @Test("The service dies in the middle: the same request again has the effect, once")
        func killedInFlight() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("keyed")
            let article = try await suite.newArticle(of: person)
            let publish: @Sendable () async throws -> HTTPReply = {
                try await suite.gateway.send(
                    "POST", "/v1/articles/\(article.id)/publish",
                    headers: [person.authorization, "Idempotency-Key: once"])
            }
            let lock = try await RowLock.article(article.id, in: suite)
            async let broken = publish()
            try await RowLock.isWaitedFor(in: suite)
            expectProblem(try await publish(), 409, "idempotency-in-flight")
            await suite.kill(.content)
            let lost = try await broken
            #expect([502, 503].contains(lost.status), "\(lost)")
            await lock.release()
            try await suite.start(.content)
            // Until the server has noticed that the client of the first transaction is gone, it is still in flight.
            let reply = try await suite.until("the article is published", within: .seconds(15)) {
                let reply = try await publish()
                #expect([200, 409, 503].contains(reply.status), "\(reply)")
                return reply
            } is: {
                $0.status == 200
            }
            let again = try await publish()
            #expect(again.status == 200 && again.body == reply.body)
            #expect(again.header("idempotent-replayed") == "true")
            suite.expectUnharmed()
        }

        @Test("The service is killed again and again under duplicates: every request has one effect and one answer")
        func killedUnderDuplicates() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("keyed")
            let duplicates = try KeyedDuplicates(keys: 24, duplicates: 6, of: person, to: suite)
            await duplicates.begin()
            var kills = 0
            while kills < 4, !duplicates.hasEnded {
                // Somewhere in the middle: each life is long enough for a part of the requests.
                try await Task.sleep(for: .milliseconds(Int.random(in: 20...120)))
                await suite.kill(.content)
                kills += 1
                try await suite.start(.content)
            }
            let failures = try await duplicates.end(of: person, in: suite)
            #expect(kills > 0 && failures > 0, "\(kills) kills, \(failures) failures")
            suite.expectUnharmed()
        }
    }
}
