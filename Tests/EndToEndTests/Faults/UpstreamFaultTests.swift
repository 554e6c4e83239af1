import Foundation
import TestKit
import Testing

extension FaultTests {
    /// The way to one of two instances goes wrong: a proxy before the content service does it, which has a second
    /// address for that.
    @Suite("The way to an instance")
    struct UpstreamFaults {
        @Test("An instance that answers two seconds late, or garbage, gets no calls until it is well; no request fails")
        func slowAndGarbage() async throws {
            let suite = try await FaultTests.suite()
            let person = try await suite.newPerson("way")
            _ = try await suite.newArticle(of: person)
            let port = suite.ports.service(.content)
            let proxy = try ChildProcess([ChildProcess.python, "-u", "-c", Self.proxy, String(port)])
            let detour = try #require(await proxy.nextLine())
            _ = try await suite.succeedGateway([
                "CAUSEWAY_CONTENT_ADDRESS": "127.0.0.1:\(port),127.0.0.1:\(detour)",
                "CAUSEWAY_UPSTREAM_HEALTH_SECONDS": "1", "CAUSEWAY_UPSTREAM_EJECTION_SECONDS": "1",
            ])
            let load = try SteadyLoad(suite, person)
            let result = await Result {
                try await load.more(10)
                for (act, away) in [
                    ("slow", ["upstream-not-ready"]), ("garbage", ["upstream-unreachable", "upstream-ejected"]),
                ] {
                    let before = try await events(suite, away)
                    try await tell(proxy, act)
                    try await eventually { try await events(suite, away) > before }
                    // Nobody hangs any more.
                    try await load.more(10)
                    let used = try await count(proxy)
                    try await load.more(10)
                    #expect(try await count(proxy) == used || act == "garbage", "it got calls while it was \(act)")
                    try await tell(proxy, "pass")
                    let calls = try await count(proxy)
                    // More than it is asked about its health.
                    try await eventually { try await count(proxy) > calls + 30 }
                }
                let answers = try await load.end()
                let lines = suite.log(.gateway).filter { $0.contains(#""status":502"#) }.suffix(4)
                #expect(SteadyLoad.failures(answers) == [], "\(lines) \(answers)")
            }
            _ = try await suite.succeedGateway()
            await proxy.stop(signal: SIGKILL)
            try result.get()
            suite.expectUnharmed()
        }

        private func tell(_ proxy: ChildProcess, _ act: String) async throws {
            proxy.write(act + "\n")
            #expect(await proxy.nextLine() == act)
        }

        /// How many pieces the instance has answered through the proxy; those that it is late with are not counted.
        private func count(_ proxy: ChildProcess) async throws -> Int {
            proxy.write("count\n")
            return try #require(await proxy.nextLine().flatMap { Int($0) })
        }

        private func events(_ suite: SuiteUnderTest, _ names: [String]) async throws -> Int {
            try await suite.ops(.gateway).get("/metrics").text.split(separator: "\n")
                .filter { line in line.contains("upstream-content") && names.contains { line.contains("\"\($0)\"") } }
                .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        }

        private static let proxy = """
            import asyncio, sys
            act, count = 'pass', 0
            async def pump(reader, writer, answers):
                global count
                try:
                    while data := await reader.read(65536):
                        if answers and act == 'slow':
                            await asyncio.sleep(2)
                        elif answers and act == 'garbage':
                            data = b'no frame of HTTP/2 begins like this' * 100
                        elif answers:
                            count += 1
                        writer.write(data)
                        await writer.drain()
                except OSError:
                    pass
                writer.close()
            async def serve(reader, writer):
                there = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))
                await asyncio.gather(pump(reader, there[1], False), pump(there[0], writer, True))
            async def main():
                global act
                server = await asyncio.start_server(serve, '127.0.0.1', 0)
                print(server.sockets[0].getsockname()[1])
                while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
                    if line == 'count':
                        print(count)
                    else:
                        act = line
                        print(act)
            asyncio.run(main())
            """
    }
}
