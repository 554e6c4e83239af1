import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    /// Services that are restarted, killed and stopped in their tracks while they are called all the time.
    @Suite("Instances")
    struct Instances {
        @Test(
            "Two processes of each service, restarted and killed in turn under load, lose no call that may be repeated")
        func inTurn() async throws {
            try await Self.with([.auth: 2, .user: 2, .content: 2]) { suite in
                let person = try await suite.newPerson("turn")
                _ = try await suite.newArticle(of: person)
                let load = try SteadyLoad(suite, person)
                for part in [SuiteUnderTest.Part.auth, .user, .content] {
                    for number in 0..<2 {
                        // A kill takes the other services' path of an ended connection too.
                        let signal = part == .content && number == 1 ? SIGKILL : SIGTERM
                        try await load.more(15)
                        let status = await suite.stop(part, instance: number, signal: signal)
                        #expect(status == (signal == SIGTERM ? 0 : 128 + SIGKILL))
                        try await load.more(15)
                        try await suite.start(part, instance: number)
                    }
                }
                try await load.more(15)
                let answers = try await load.end()
                #expect(SteadyLoad.failures(answers) == [], "\(answers)")
                // Each was done, and once.
                let counted = try await suite.psql(
                    "SELECT count(*), count(DISTINCT title) FROM content.articles WHERE title LIKE 'Steady %'")
                let made = answers.filter { $0.key.hasSuffix("POST /v1/articles 201") }.values.reduce(0, +)
                #expect(counted.text == "\(made)|\(made)\n")
                #expect(try await retried(suite) > 0)
            }
        }

        @Test("One process that hangs is left alone, and used again when it goes on")
        func hanging() async throws {
            try await Self.with([.content: 2]) { suite in
                let person = try await suite.newPerson("hang")
                let load = try SteadyLoad(suite, person, post: false)
                try await load.more(100)
                suite.process(.content, instance: 1)?.send(signal: SIGSTOP)
                // All who asked it hang for a while, and are answered all the same.
                try await load.more(400)
                suite.process(.content, instance: 1)?.send(signal: SIGCONT)
                try await load.more(100)
                let answers = try await load.end()
                #expect(Set(answers.keys) == ["GET 200"], "\(answers)")
            }
        }

        @Test("A single process, restarted and killed under load, keeps those waiting who may, and loses none")
        func alone() async throws {
            try await Self.with([:]) { suite in
                let person = try await suite.newPerson("alone")
                let load = try SteadyLoad(suite, person, post: true)
                for signal in [SIGTERM, SIGKILL] {
                    try await load.more(100)
                    try await suite.restart(.content, signal: signal)
                }
                try await load.more(100)
                let answers = try await load.end()
                #expect(Set(answers.keys) == ["GET 200", "POST 201"], "\(answers)")
            }
        }

        /// A suite of its own; a busy machine takes its time to start a process.
        private static func with(
            _ instances: [SuiteUnderTest.Part: Int], _ body: (SuiteUnderTest) async throws -> Void
        ) async throws {
            var options = SuiteUnderTest.Options(.fourProcesses)
            options.instances = instances
            options.settings = ["CAUSEWAY_UPSTREAM_PATIENCE_MILLISECONDS": "9000"]
            let suite = try await SuiteUnderTest.start(options)
            let result = await Result {
                for (part, count) in instances {
                    for number in 1..<count { try await suite.start(part, instance: number) }
                }
                try await body(suite)
            }
            await suite.stop()
            try result.get()
        }

        private func retried(_ suite: SuiteUnderTest) async throws -> Int {
            let lines = try await suite.ops(.gateway).get("/metrics").text.split(separator: "\n")
            return lines.filter { $0.contains("upstream-retried") && $0.contains("upstream-content") }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        }
    }
}

extension SteadyLoad {
    /// - Parameter post: whether they also make articles, each with a key of its own.
    fileprivate init(_ suite: SuiteUnderTest, _ person: Person, post: Bool) throws {
        try self.init([
            ChildProcess.python, "-u", "-c", Self.script, suite.gateway.base, suite.certificate, person.accessToken,
            post ? "post" : "get",
        ])
    }

    private static let script = """
        import asyncio, collections, httpx, json, ssl, sys, uuid
        base, certificate, token, kind = sys.argv[1:]
        context = ssl.create_default_context(cafile=certificate)
        answers, done = collections.Counter(), asyncio.Event()
        async def work(number):
            async with httpx.AsyncClient(base_url=base, verify=context, http2=number % 2 == 0, timeout=30,
                    trust_env=False, headers={'authorization': 'Bearer ' + token}) as http:
                while not done.is_set():
                    method = 'GET' if kind == 'get' or number % 4 else 'POST'
                    try:
                        if method == 'GET':
                            reply = await http.get('/v1/articles?limit=5')
                        else:
                            reply = await http.post('/v1/articles', headers={'idempotency-key': str(uuid.uuid4())},
                                json={'title': 'Turn %s' % uuid.uuid4(), 'body': 'text'})
                        answers['%s %d' % (method, reply.status_code)] += 1
                    except Exception as error:
                        answers['%s %r' % (method, error)] += 1
        async def main():
            tasks = [asyncio.create_task(work(number)) for number in range(8)]
            while True:
                line = (await asyncio.to_thread(sys.stdin.readline)).strip()
                if not line.isdigit():
                    break
                wanted = sum(answers.values()) + int(line)
                while sum(answers.values()) < wanted:
                    await asyncio.sleep(0.01)
                print(wanted)
            done.set()
            await asyncio.gather(*tasks)
            print(json.dumps(answers))
        asyncio.run(main())
        """
}
