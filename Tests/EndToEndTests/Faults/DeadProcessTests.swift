import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("A process dies")
    struct DeadProcess {
        @Test("Without content the gateway says 503 and the others go on; started again, it is found again")
        func content() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("dead")
            let headers = [person.authorization]
            let article = try await suite.newArticle(of: person)
            let gateway = suite.process(.gateway)?.identifier
            for _ in 0..<2 {
                await suite.kill(.content)
                for method in ["GET", "POST"] {
                    let (reply, took) = try await timed {
                        try await suite.gateway.send(
                            method, "/v1/articles", headers: headers,
                            body: method == "POST" ? Array(#"{"title":"x","body":"y"}"#.utf8) : nil)
                    }
                    expectProblem(reply, 503, "unavailable")
                    #expect(took < .seconds(8), "\(took)")
                }
                #expect(try await suite.gateway.get("/v1/users/me", headers: headers).status == 200)
                #expect(try await suite.logIn(person.email).status == 200)
                #expect(try await suite.gateway.get("/readyz").status == 200)
                try await suite.start(.content)
                let reply = try await suite.until("content is back", within: .seconds(20)) {
                    try await suite.gateway.get("/v1/articles/\(article.id)/draft", headers: headers)
                } is: {
                    $0.status == 200
                }
                #expect(reply["id"]?.string == article.id)
            }
            #expect(suite.process(.gateway)?.identifier == gateway)
            suite.expectUnharmed()
        }

        @Test("Without auth, tokens are believed by the keys that are known; what needs auth is a 503")
        func auth() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("dead")
            let unused = try await suite.signIn(person.email)
            // An author is made on first sight, and only auth knows what of.
            _ = try await suite.newArticle(of: person)
            await suite.kill(.auth)
            // One token that the gateway has seen, and one that it must verify now.
            for token in [person, unused] {
                let headers = [token.authorization]
                #expect(try await suite.gateway.get("/v1/users/me", headers: headers).status == 200)
                let made = try await suite.gateway.send(
                    "POST", "/v1/articles", headers: headers, json: #"{"title":"no auth","body":"y"}"#)
                #expect(made.status == 201, "\(made)")
                expectProblem(try await suite.gateway.get("/v1/auth/me", headers: headers), 503, "unavailable")
            }
            expectProblem(try await suite.logIn(person.email), 503, "unavailable")
            let forged = String(person.accessToken.dropLast(4)) + "AAAA"
            let refused = try await suite.gateway.get("/v1/users/me", headers: ["authorization: Bearer \(forged)"])
            #expect(refused.status == 401, "\(refused)")
            try await suite.start(.auth)
            try await suite.until("auth is back", within: .seconds(20)) {
                try await suite.logIn(person.email)
            } is: {
                $0.status == 200
            }
            #expect(try await suite.gateway.get("/v1/auth/me", headers: [person.authorization]).status == 200)
            suite.expectUnharmed()
        }

        @Test("Started again without auth, the gateway is not ready, refuses no sound token for good, and recovers")
        func gatewayAlone() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("dead")
            #expect(try await suite.gateway.get("/v1/users/me", headers: [person.authorization]).status == 200)
            await suite.kill(.gateway)
            await #expect(throws: Curl.NoAnswer.self) { try await suite.gateway.get("/livez") }
            await suite.kill(.auth)
            try await suite.start(.gateway, untilReady: false)
            try await suite.until("alive", within: .seconds(20)) {
                try await suite.gateway.get("/livez")
            } is: {
                $0.status == 200
            }
            #expect(try await suite.gateway.get("/readyz").status == 503)
            // What anyone may read needs no keys.
            #expect(try await suite.gateway.get("/v1/articles?limit=1").status == 200)
            let early = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
            expectProblem(early, 503, "unavailable", "a token that cannot be judged yet is not a bad one: \(early)")
            try await suite.start(.auth)
            try await suite.waitUntilReady(.gateway)
            let reply = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
            #expect(reply.status == 200, "\(reply)")
            suite.expectUnharmed()
        }

        @Test("A client that keeps its connection goes on when the gateway was started again", arguments: ["1.1", "2"])
        func reconnect(version: String) async throws {
            let suite = try await FaultTests.suite()
            let client = try ChildProcess([
                ChildProcess.python, "-u", "-c", Self.script, suite.gateway.base, suite.certificate, version,
            ])
            var answers = [await client.nextLine()]
            try await suite.restart(.gateway)
            client.write("\n")
            answers.append(await client.nextLine())
            await suite.kill(.gateway)
            try await suite.start(.gateway)
            client.write("\n")
            answers.append(await client.nextLine())
            #expect(answers == ["200", "200", "200"])
            client.endInput()
            #expect(await client.wait() == 0)
        }

        private static let script = """
            import httpx, ssl, sys
            client = httpx.Client(base_url=sys.argv[1], http2=sys.argv[3] == '2', timeout=10, trust_env=False,
                                  verify=ssl.create_default_context(cafile=sys.argv[2]))
            def ask():
                try:
                    reply = client.get('/v1/articles?limit=1')
                except httpx.RemoteProtocolError:
                    # This client reads a GOAWAY only when it sends the next request, and leaves the rest to us.
                    if sys.argv[3] == '1.1':
                        raise
                    reply = client.get('/v1/articles?limit=1')
                print(reply.status_code)
            ask()
            for line in sys.stdin:
                ask()
            """
    }
}
