import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    @Suite("Too much at once")
    struct Rush {
        @Test("A rush of sign-ins is refused beyond the queue; none hangs, none breaks, light requests stay fast")
        func passwords() async throws {
            let suite = try await FaultTests.suite()
            let count = 128
            let client = try ChildProcess([
                ChildProcess.python, "-u", "-c", Self.script, suite.gateway.base, suite.certificate, String(count),
            ])
            #expect(await client.nextLine() == "connected")
            client.write("go\n")
            var counts: [String: Int] = [:]
            for await line in client.lines {
                let words = line.split(separator: " ").map(String.init)
                guard words.count == 4, let seconds = Double(words[3]) else {
                    Issue.record("\(line)")
                    continue
                }
                counts["\(words[0]) \(words[1])", default: 0] += 1
                if words[0] == "light" {
                    #expect(words[1] == "200")
                    #expect(seconds < 15, "a light request took \(seconds) s")
                } else {
                    #expect(seconds < 15, "\(line)")
                    #expect(words[1] == "401" || words[1] == "503", "\(line)")
                    if words[1] == "503" { #expect(words[2] == "auth-busy/1", "\(line)") }
                }
            }
            #expect(await client.wait() == 0)
            #expect(counts["login 401", default: 0] >= 8, "\(counts)")
            #expect(counts["login 503", default: 0] >= 1, "\(counts)")
            #expect(counts["login 401", default: 0] + counts["login 503", default: 0] == count, "\(counts)")
            #expect(counts["light 200", default: 0] >= 1, "\(counts)")
            let person = try await suite.newPerson("rush")
            #expect(try await suite.logIn(person.email).status == 200)
            suite.expectUnharmed()
        }

        /// Prints kind, status, problem code with Retry-After, and seconds of each answer.
        private static let script = """
            import asyncio, httpx, ssl, sys, time
            base, certificate, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
            context = ssl.create_default_context(cafile=certificate)
            def client(number):
                # Sign-ins are limited by address.
                transport = httpx.AsyncHTTPTransport(
                    verify=context, local_address='127.77.%d.%d' % (number // 250, number % 250 + 1))
                return httpx.AsyncClient(base_url=base, transport=transport, timeout=30)
            def tell(kind, reply, start):
                code = reply.json().get('code', '-') if reply.status_code >= 400 else '-'
                code += '/' + reply.headers.get('retry-after', '')
                print(kind, reply.status_code, code, time.monotonic() - start)
            async def login(http, number):
                start = time.monotonic()
                body = {'email': 'rush-%d@example.test' % number, 'password': 'no such password at all'}
                tell('login', await http.post('/v1/auth/login', json=body), start)
            async def light(http, done):
                while not done.is_set():
                    start = time.monotonic()
                    tell('light', await http.get('/v1/articles?limit=1'), start)
                    await asyncio.sleep(0.01)
            async def main():
                clients = [client(number) for number in range(count + 1)]
                for number in range(0, count + 1, 16):
                    await asyncio.gather(*[http.get('/livez') for http in clients[number:number + 16]])
                print('connected')
                await asyncio.to_thread(sys.stdin.readline)
                done = asyncio.Event()
                watch = asyncio.create_task(light(clients[-1], done))
                await asyncio.gather(*[login(clients[number], number) for number in range(count)])
                done.set()
                await watch
            asyncio.run(main())
            """
    }

    @Suite("Writers at the same time")
    struct Writers {
        @Test("Of many who change the same version one wins, each round", arguments: ["body", "slug"])
        func patches(member: String) async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("writer")
            var article = try await suite.newArticle(of: person)
            for round in 0..<4 {
                let current = article
                let replies = try await withThrowingTaskGroup { group in
                    for writer in 0..<8 {
                        group.addTask {
                            try await suite.gateway.send(
                                "PATCH", "/v1/articles/\(current.id)",
                                headers: [
                                    person.authorization, "content-type: application/merge-patch+json",
                                    "if-match: \(current.etag)",
                                ],
                                json: #"{"\#(member)":"\#(member)-\#(round)-\#(writer)"}"#)
                        }
                    }
                    return try await group.reduce(into: [HTTPReply]()) { $0.append($1) }
                }
                let won = replies.filter { $0.status == 200 }
                #expect(won.count == 1, "round \(round): \(replies.map(\.status))")
                let tag = try #require(won.first?.header("etag"))
                for lost in replies where lost.status != 200 {
                    expectProblem(lost, 412, "precondition-failed")
                    #expect(lost.header("etag") == tag)
                }
                article.etag = tag
            }
            suite.expectUnharmed()
        }

        @Test("Of many who use the same link one is served; the account is verified once")
        func links() async throws {
            let suite = try await FaultTests.suite()
            let email = SuiteUnderTest.newEmail("link")
            try await withThrowingTaskGroup { group in
                for _ in 0..<6 { group.addTask { try await suite.register(email) } }
                try await group.waitForAll()
            }
            let token = try await suite.verificationToken(for: email)
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await suite.gateway.send(
                            "POST", "/v1/auth/email/verify", json: #"{"token":"\#(token)"}"#
                        ).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.sorted() == [204, 400, 400, 400, 400, 400])
            _ = try await suite.signIn(email)
            suite.expectUnharmed()
        }

        @Test("A profile that many ask for at first sight is made once")
        func firstSight() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("sight")
            let handles = try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        let reply = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
                        #expect(reply.status == 200, "\(reply)")
                        return reply["handle"]?.string
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(handles.count == 1)
            suite.expectUnharmed()
        }

        @Test("Signing in and out at the same time leaves no session that was ended")
        func sessions() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("sessions")
            let people = try await withThrowingTaskGroup { group in
                // No more than may fail: attempts are counted before they are made.
                for _ in 0..<4 { group.addTask { try await suite.signIn(person.email) } }
                return try await group.reduce(into: [Person]()) { $0.append($1) }
            }
            try await withThrowingTaskGroup { group in
                for person in people {
                    group.addTask {
                        let reply = try await suite.gateway.send(
                            "POST", "/v1/auth/logout", headers: [person.authorization])
                        #expect(reply.status == 204, "\(reply)")
                    }
                }
                try await group.waitForAll()
            }
            for person in people {
                let refresh = try await suite.gateway.send(
                    "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(person.refreshToken)"}"#)
                expectProblem(refresh, 401, "session-revoked")
            }
            let left = try await suite.gateway.get("/v1/auth/sessions", headers: [person.authorization])
            #expect(left["items"]?.array?.count == 1, "\(left)")
            suite.expectUnharmed()
        }
    }
}
