import Contract
import Foundation
import HTTP
import Primitives
import TestKit
import Testing

@testable import Gateway

/// The edge's cache over TLS, by curl and httpx, with a scripted service behind it.
@Suite("The edge's cache", .serialized)
struct CacheTests {
    private func with(_ body: (TestGateway) async throws -> Void) async throws {
        try await TestGateway.with(
            // No Redis, and so no purges.
            caching: .init(silenceMax: .seconds(600)),
            change: {
                $0.cacheBytesMax = 8 << 20
                $0.limitMultiplier = 10_000
            }, body)
    }

    /// Just made: told so, with seconds for a busy machine.
    private func isYoung(_ reply: TestGateway.Reply) -> Bool {
        (0..<10).contains(reply["age"].flatMap { Int($0) } ?? -1)
    }

    private func fields(_ control: String) -> [(String, String)] { [("cache-control", control)] }

    @Test("Gives what it has, with its age, over every version and by HEAD")
    func hit() async throws {
        try await with { gateway in
            let first = try await gateway.get("/v1/test/kept/a")
            #expect(first.status == 200 && first.body == "one" && isYoung(first), "\(first)")
            #expect(first["cache-status"] == "causeway; fwd=uri-miss; fwd-status=200; stored")
            #expect(first["cache-control"] == "no-cache" && first["cdn-cache-control"] == nil)
            gateway.service.kept.change { $0.body = "two" }
            for version in ["--http2", "--http1.1"] {
                let hit = try await gateway.get("/v1/test/kept/a", [version])
                #expect(hit.status == 200 && hit.body == "one" && hit["etag"] == "\"1\"", "\(hit)")
                #expect(hit["cache-status"]?.hasPrefix("causeway; hit; ttl=") == true && hit["age"] != nil)
                #expect(hit["content-type"] == "text/plain" && hit["content-length"] == "3")
                #expect(hit["x-request-id"] != first["x-request-id"] && hit["strict-transport-security"] != nil)
                let head = try await gateway.get("/v1/test/kept/a", [version, "-I"])
                #expect(head.status == 200 && head.body.isEmpty && head["content-length"] == "3", "\(head)")
            }
            #expect(gateway.service.kept.count == 1)
            try await eventually {
                try await gateway.get("/v1/test/kept/a")["age"].flatMap { Int($0) } ?? 0 > 0
            }
            // HEAD fills for GET.
            #expect(try await gateway.get("/v1/test/kept/b", ["-I"])["content-length"] == "3")
            #expect(try await gateway.get("/v1/test/kept/b").body == "two")
            #expect(gateway.service.kept.count == 2)
        }
    }

    @Test("304 for whoever has it, by any form of the condition; ranges are not answered")
    func conditions() async throws {
        try await with { gateway in
            _ = try await gateway.get("/v1/test/kept/a")
            for condition in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
                let reply = try await gateway.get("/v1/test/kept/a", ["-H", "If-None-Match: \(condition)"])
                #expect(reply.status == 304 && reply.body.isEmpty && reply["etag"] == "\"1\"", "\(condition)")
                #expect(reply["cache-control"] == "no-cache" && reply["content-type"] == nil && reply["age"] != nil)
            }
            for condition in ["\"2\"", "nonsense"] {
                #expect(try await gateway.get("/v1/test/kept/a", ["-H", "If-None-Match: \(condition)"]).status == 200)
            }
            let range = try await gateway.get("/v1/test/kept/a", ["-H", "Range: bytes=0-1"])
            #expect(range.status == 200 && range.body == "one" && range["content-range"] == nil)
            #expect(gateway.service.kept.count == 1)
            // A client's condition is no part of a fill.
            let cold = try await gateway.get("/v1/test/kept/b", ["-H", "If-None-Match: \"1\""])
            #expect(cold.status == 304 && gateway.service.calls.last?.fields.contains("if-none-match") == false)
            #expect(try await gateway.get("/v1/test/kept/b").body == "one")
        }
    }

    @Test("Gives what it has in every coding that is asked for, of one fill")
    func codings() async throws {
        try await with { gateway in
            let text = String(repeating: "what is kept ", count: 400)
            gateway.service.kept.change { $0.body = text }
            for _ in 0..<2 {
                #expect(try await gateway.get("/v1/test/kept/a").body == text)
                for coding in ["br", "gzip"] {
                    let ask = ["--compressed", "-H", "Accept-Encoding: \(coding)"]
                    let reply = try await gateway.get("/v1/test/kept/a", ask)
                    #expect(reply.body == text && reply["content-encoding"] == coding, "\(reply.fields)")
                    #expect(reply["etag"] == "\"1-\(coding)\"" && reply["vary"] == "accept-encoding")
                    let known = try await gateway.get(
                        "/v1/test/kept/a", ask + ["-H", "If-None-Match: \"1-\(coding)\""])
                    #expect(known.status == 304 && known["etag"] == "\"1-\(coding)\"", "\(known.fields)")
                }
            }
            #expect(gateway.service.kept.count == 1)
        }
    }

    @Test("A client can neither force a fill nor put anything of its own into one")
    func poisoning() async throws {
        try await with { gateway in
            let own = [
                "-A", "agent/1", "-H", "Accept: application/json, text/html;q=0.5", "-H", "X-Forwarded-Host: evil",
                "-H", "Cookie: a=b", "-H", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT", "-H",
                "X-Original-Url: /x",
            ]
            _ = try await gateway.get("/v1/test/kept/a?page=1", own)
            let call = try #require(gateway.service.calls.last)
            #expect(
                Set(call.fields.map(\.name)) == [
                    "causeway-caller", "x-request-id", "traceparent", "causeway-deadline-ms",
                ])
            let context = try #require(try gateway.lastContext())
            #expect(context.account == nil && context.userAgent == nil && context.clientAddress == "::")
            for directive in ["no-cache", "no-store", "max-age=0", "min-fresh=9999"] {
                let reply = try await gateway.get(
                    "/v1/test/kept/a?page=1", ["-H", "Cache-Control: \(directive)", "-H", "Pragma: no-cache"])
                #expect(reply["cache-status"]?.contains("hit") == true, "\(directive)")
            }
            // Spellings of one query are one; what the contract does not name is not looked up.
            for query in ["page=%31", "&page=1", "page=1&"] {
                #expect(try await gateway.get("/v1/test/kept/a?\(query)")["cache-status"]?.contains("hit") == true)
            }
            #expect(gateway.service.kept.count == 1)
            for query in ["page=1&utm=2", "page=1&page=1"] {
                let reply = try await gateway.get("/v1/test/kept/a?\(query)")
                #expect(reply["cache-status"] == "causeway; fwd=bypass")
                #expect(gateway.service.calls.last?.target == "/v1/test/kept/a?\(query)")
            }
            #expect(try await gateway.get("/v1/test/kept/a?page=2")["cache-status"]?.contains("uri-miss") == true)
            let only = ["-H", "Cache-Control: only-if-cached"]
            #expect(try await gateway.get("/v1/test/kept/a?page=1", only).status == 200)
            let none = try await gateway.get("/v1/test/kept/never", only)
            #expect(none.status == 504 && none.json["code"] == "deadline-exceeded")
            #expect(try await gateway.get("/v1/test/kept/a?page=1", ["-H", "Accept: text/html"])["age"] == nil)
        }
    }

    @Test("Varies by what the contract names, and by that alone")
    func vary() async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.fields.append(("vary", "Accept-Language")) }
            for (language, body) in [("de", "eins"), ("en", "one")] {
                gateway.service.kept.change { $0.body = body }
                _ = try await gateway.get("/v1/test/kept/a", ["-H", "Accept-Language: \(language)"])
                #expect(gateway.service.calls.last?.fields.first("accept-language") == language)
            }
            let german = try await gateway.get("/v1/test/kept/a", ["-H", "Accept-Language: de"])
            #expect(german.body == "eins" && german["vary"] == "Accept-Language" && gateway.service.kept.count == 2)
            gateway.service.kept.change { $0.fields.append(("vary", "User-Agent")) }
            for _ in 0..<2 { #expect(try await gateway.get("/v1/test/kept/b")["age"] == nil) }
        }
    }

    @Test(
        "Never shares what is private, bears a cookie, or is for who signed in",
        arguments: [
            [("cache-control", "private, max-age=60")], [("cache-control", "no-store")],
            [("cache-control", "no-cache")],
            [("cache-control", "max-age=60"), ("set-cookie", "session=secret")], [],
        ] as [[(String, String)]])
    func privateAnswers(fields: [(String, String)]) async throws {
        try await with { gateway in
            gateway.service.kept.change { $0.fields = fields }
            for count in 1...3 {
                gateway.service.kept.change { $0.body = "answer \(count)" }
                let reply = try await gateway.get("/v1/test/kept/a")
                #expect(reply.body == "answer \(count)" && reply["age"] == nil && reply["set-cookie"] == nil)
            }
            gateway.service.kept.change { $0.fields = [("cdn-cache-control", "max-age=60")] }
            // The contract does not say that it is the same for all: whoever is signed in asks the service.
            let bearer = ["-H", "Authorization: Bearer \(gateway.token())"]
            for path in ["/v1/test/kept/b", "/v1/test/kept/b"] {
                let reply = try await gateway.get(path, bearer)
                #expect(reply.status == 200 && reply["cache-status"] == "causeway; fwd=bypass")
                #expect(try gateway.lastContext()?.account != nil)
            }
            #expect(try await gateway.get("/v1/test/kept/b")["cache-status"]?.contains("uri-miss") == true)
        }
    }

    @Test("Keeps redirects and that there is nothing, as the contract says")
    func otherStatuses() async throws {
        try await with { gateway in
            gateway.service.kept.change { script in
                script.status = 301
                script.fields.append(("location", "/v1/test/kept/b"))
            }
            for _ in 0..<2 {
                let moved = try await gateway.get("/v1/test/kept/a")
                #expect(moved.status == 301 && moved["location"] == "/v1/test/kept/b")
            }
            gateway.service.kept.change { $0 = .init(status: 404, body: "whatever") }
            let absences = [try await gateway.get("/v1/test/kept/b"), try await gateway.get("/v1/test/kept/b")]
            for absence in absences {
                #expect(absence.status == 404 && absence.json["code"] == "not-found" && isYoung(absence))
                #expect(absence.json["instance"] == "urn:request:\(absence["x-request-id"] ?? "")")
            }
            #expect(absences[1]["cache-status"]?.contains("hit") == true)
            #expect(gateway.service.kept.count == 2)
        }
    }

    @Test("A thousand misses at once are one fill, and so are a thousand that fail; what is not kept holds nobody up")
    func thousand() async throws {
        try await with { gateway in
            for (path, status, count, fills) in [("a", 200, 1000, 1), ("b", 503, 1000, 1), ("c", 200, 100, 100)] {
                gateway.service.kept.change { script in
                    script.isHeld = true
                    script.status = status
                    if path == "c" { script.fields = [("cache-control", "no-store")] }
                }
                let before = gateway.service.kept.count
                async let outcome = ChildProcess.run(
                    [
                        ChildProcess.python, "-c", Self.crowd, gateway.origin, gateway.certificatePath,
                        "/v1/test/kept/\(path)", String(status), String(count),
                    ])
                // One asks; the others wait for what it is told.
                try await eventually { try await waiting(gateway) == count - 1 }
                #expect(gateway.service.calls.filter { $0.target == "/v1/test/kept/\(path)" }.count == 1)
                gateway.service.kept.change { $0.isHeld = false }
                let crowd = try await outcome
                #expect(crowd.status == 0 && crowd.text == "\(count)\n", "\(crowd.errorText)")
                #expect(gateway.service.kept.count - before == fills, "\(path)")
            }
        }
    }

    private func waiting(_ gateway: TestGateway) async throws -> Int {
        let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("edge_cache_waiting ") }
        return line.flatMap { Int(Double($0.split(separator: " ")[1]) ?? -1) } ?? -1
    }

    private static let crowd = """
        import asyncio, ssl, sys, httpx
        origin, certificate, path, status, count = sys.argv[1:]
        trust = ssl.create_default_context(cafile=certificate)
        async def main():
            clients = [httpx.AsyncClient(http2=True, verify=trust, base_url=origin, trust_env=False, timeout=60)
                       for _ in range(12)]
            async def ask(number):
                answer = await clients[number % 12].get(path)
                assert answer.status_code == int(status), answer
                return answer.text
            # One each first, so that the others share its connection.
            await asyncio.gather(*(client.get("/livez") for client in clients))
            answers = await asyncio.gather(*(ask(number) for number in range(int(count))))
            print(len(answers))
            await asyncio.gather(*(client.aclose() for client in clients))
        asyncio.run(main())
        """
}
