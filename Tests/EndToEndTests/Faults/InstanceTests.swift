import Foundation
import JSON
import TestKit
import Testing

extension FaultTests {
    /// Services that are restarted, killed and stopped in their tracks while they are called all the time.
    @Suite("Instances")
    struct Instances {
        @Test("Two processes of a service, restarted and killed in turn under load, lose no call that may be repeated")
        func inTurn() async throws {
            try await Self.with(contents: 2) { suite in
                let person = try await suite.newPerson("turn")
                _ = try await suite.newArticle(of: person)
                let load = try Load(suite, person, post: true)
                for signal in [SIGTERM, SIGKILL] {
                    for number in 0..<2 {
                        try await load.more(100)
                        let status = await suite.stopContent(number, signal: signal)
                        #expect(status == (signal == SIGTERM ? 0 : 128 + SIGKILL))
                        try await load.more(100)
                        try await suite.startContent(number)
                    }
                }
                try await load.more(100)
                let answers = try await load.end()
                #expect(Set(answers.keys) == ["GET 200", "POST 201"], "\(answers)")
                // Each was done, and once.
                let counted = try await suite.psql(
                    "SELECT count(*), count(DISTINCT title) FROM content.articles WHERE title LIKE 'Turn %'")
                let made = answers["POST 201"] ?? 0
                #expect(counted.text == "\(made)|\(made)\n")
                #expect(try await retried(suite) > 0)
            }
        }

        @Test("One process that hangs is left alone, and used again when it goes on")
        func hanging() async throws {
            try await Self.with(contents: 2) { suite in
                let person = try await suite.newPerson("hang")
                let load = try Load(suite, person, post: false)
                try await load.more(100)
                suite.content(1)?.send(signal: SIGSTOP)
                // All who asked it hang for a while, and are answered all the same.
                try await load.more(400)
                suite.content(1)?.send(signal: SIGCONT)
                try await load.more(100)
                let answers = try await load.end()
                #expect(Set(answers.keys) == ["GET 200"], "\(answers)")
            }
        }

        @Test("A single process, restarted and killed under load, keeps those waiting who may, and loses none")
        func alone() async throws {
            try await Self.with(contents: 1) { suite in
                let person = try await suite.newPerson("alone")
                let load = try Load(suite, person, post: true)
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
        private static func with(contents: Int, _ body: (SuiteUnderTest) async throws -> Void) async throws {
            var options = SuiteUnderTest.Options(.fourProcesses)
            options.contents = contents
            options.settings = ["CAUSEWAY_UPSTREAM_PATIENCE_MILLISECONDS": "9000"]
            let suite = try await SuiteUnderTest.start(options)
            let result = await Result {
                for number in 1..<max(1, contents) { try await suite.startContent(number) }
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

/// Clients that ask without a pause.
private struct Load {
    private let client: ChildProcess

    /// - Parameter post: whether they also make articles, each with a key of its own.
    init(_ suite: SuiteUnderTest, _ person: Person, post: Bool) throws {
        client = try ChildProcess([
            ChildProcess.python, "-u", "-c", Self.script, suite.gateway.base, suite.certificate, person.accessToken,
            post ? "post" : "get",
        ])
    }

    /// Waits for so many more answers.
    func more(_ count: Int) async throws {
        client.write("\(count)\n")
        guard await client.nextLine() != nil else { throw SuiteUnderTest.Fault(description: "the clients ended") }
    }

    /// Ends it: how often each method and status, or error, came.
    func end() async throws -> [String: Int] {
        client.write("end\n")
        guard let line = await client.nextLine(), let object = try JSONValue.parse(Array(line.utf8)).object else {
            throw SuiteUnderTest.Fault(description: "no sum")
        }
        await client.wait()
        var answers: [String: Int] = [:]
        for member in object.members { answers[member.name] = member.value.integer.map { Int($0) } ?? 0 }
        return answers
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
