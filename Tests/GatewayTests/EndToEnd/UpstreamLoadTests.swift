import Foundation
import HTTP
import TestKit
import Testing

@testable import Gateway

/// One service that hangs, and the others.
@Suite("Requests that wait for one service", .serialized)
struct UpstreamLoadTests {
    private static let person = "/v1/users/019a0000-0000-7000-8000-000000000000"

    private func expectRefused(_ reply: TestGateway.Reply) {
        #expect(reply.status == 503 && reply.json["code"] == "unavailable", "\(reply)")
        #expect(["1", "2", "3"].contains(reply["retry-after"]), "\(reply)")
        #expect(reply["proxy-status"] == "causeway; error=connection_limit_reached", "\(reply)")
    }

    @Test("are bounded, and calls to the others are answered all the while")
    func bulkhead() async throws {
        let log = CollectedLog()
        try await TestGateway.with(log: log, change: { $0.requestsPerUpstreamMax = 4 }) { gateway in
            let holding = gateway.hold("/v1/test/download?do=hold", 4)
            try await eventually { gateway.service.calls.count == 4 }
            expectRefused(try await gateway.get("/v1/articles"))
            expectRefused(try await gateway.get("/v1/test/orders", ["-d", "{}"]))
            // Of a long body too, which streams.
            let url = gateway.folder.appending(path: "long")
            try Data(repeating: 0x61, count: 200_000).write(to: url)
            expectRefused(try await gateway.get("/v1/test/upload", ["--data-binary", "@\(url.path)"]))
            #expect(gateway.service.calls.count == 4)
            #expect(try await gateway.get(Self.person).status == 200)
            let author = ["-H", "Authorization: Bearer \(gateway.token())"]
            #expect(try await gateway.get("/v1/auth/logout", author + ["-d", "{}"]).status == 200)
            #expect(try await gateway.metric("limits_reached_total{limit=\"upstream-requests\"}") == 3)
            let isLogged = log.lines.contains {
                $0.contains(#""message":"limit reached""#) && $0.contains(#""reason":"upstream-requests""#)
                    && $0.contains(#""detail":"content""#)
            }
            #expect(isLogged)
            gateway.service.openGate()
            #expect(try await holding.value.exit == 0)
            for _ in 0..<8 { #expect(try await gateway.get("/v1/articles").status == 200) }
        }
    }

    @Test("end with their answer's beginning: what lasts, or is read slowly, takes no room")
    func lasting() async throws {
        try await TestGateway.with(change: { $0.requestsPerUpstreamMax = 2 }) { gateway in
            var clients: [ChildProcess] = []
            for _ in 0..<3 {
                let client = try gateway.streaming("/v1/test/live?do=events", "--http2")
                #expect(await client.nextLine() == "data: one")
                clients.append(client)
            }
            #expect(try await gateway.get("/v1/articles").status == 200)
            // A failure frees its place as well.
            for _ in 0..<3 { #expect(try await gateway.get("/v1/test/hurry?do=hang").status == 504) }
            #expect(try await gateway.get("/v1/articles").status == 200)
            for client in clients { await client.stop(signal: SIGKILL) }
        }
    }

    @Test("count where they wait for another's fill of the cache, and get what is kept in its stead")
    func fills() async throws {
        try await TestGateway.with(
            change: {
                $0.requestsPerUpstreamMax = 8
                $0.cacheBytesMax = 1 << 20
            }
        ) { gateway in
            let kept = "/v1/test/kept/known"
            gateway.service.kept.change { $0.fields = [("cdn-cache-control", "max-age=1, stale-if-error=600")] }
            #expect(try await gateway.get(kept).status == 200)
            gateway.service.kept.change { $0.isHeld = true }
            let holding = gateway.hold("/v1/test/kept/new", 4)
            try await eventually { try await gateway.metric("edge_cache_waiting") == 3 }
            // Those who wait get half of the room.
            expectRefused(try await gateway.get("/v1/test/kept/new"))
            let asking = ["a", "b", "c", "d"].map { gateway.hold("/v1/test/kept/\($0)", 1) }
            try await eventually { gateway.service.calls.count >= 6 }
            // One that would ask, and one for which there is something to give.
            expectRefused(try await gateway.get("/v1/test/kept/other"))
            try await eventually {
                let stale = try await gateway.get(kept)
                #expect(stale.status == 200 && stale.body == "one", "\(stale)")
                return stale["cache-status"]?.contains("stale-on-error") == true
            }
            #expect(try await gateway.metric("limits_reached_total{limit=\"upstream-requests\"}") >= 3)
            #expect(try await gateway.metric("edge_cache_waiting") == 3)
            #expect(try await gateway.get(Self.person).status == 200)
            gateway.service.kept.change { $0.isHeld = false }
            for held in asking + [holding] { #expect(try await held.value.exit == 0) }
            #expect(try await gateway.get("/v1/articles").status == 200)
        }
    }
}

extension TestGateway {
    /// So many requests at once.
    fileprivate func hold(_ target: String, _ count: Int) -> Task<Reply, any Error> {
        Task {
            try await curl([
                "--http2", "--parallel", "--parallel-max", "100", "--fail", "-o", "/dev/null",
                "\(origin)\(target)#[1-\(count)]",
            ])
        }
    }
}
