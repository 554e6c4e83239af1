import Foundation
import HTTP
import Primitives
import ServiceKit
import TestKit
import Testing
import Transport

@testable import Gateway

/// Which calls are sent again, which wait, and what is told about it.
@Suite("Upstreams", .serialized)
struct UpstreamTests {
    private func body(_ count: Int, in gateway: TestGateway) throws -> [String] {
        let url = gateway.folder.appending(path: "body-\(count)")
        try Data(repeating: 0x61, count: count).write(to: url)
        return ["--data-binary", "@\(url.path)"]
    }

    private let key = ["-H", "Idempotency-Key: \"8e03978e-40d5-43e8-bc93-6894a57f9324\""]

    @Test("sends a keyed POST again with its key, and never without")
    func keyed() async throws {
        try await TestGateway.with { gateway in
            let short = try body(1000, in: gateway)
            gateway.service.resetNext(1)
            let kept = try await gateway.get("/v1/test/orders", key + short)
            #expect(kept.status == 200 && kept.body == "{\"bodyBytes\":1000}", "\(kept)")
            #expect(gateway.service.calls.count == 2)
            gateway.service.resetNext(1)
            #expect(try await gateway.get("/v1/test/orders", short).status == 502)
            #expect(gateway.service.calls.count == 3)
            // A long body is not kept.
            gateway.service.resetNext(1)
            #expect(try await gateway.get("/v1/test/orders", key + body(100_000, in: gateway)).status == 502)
            #expect(gateway.service.calls.count == 4)
            // A key makes nothing repeatable that is not declared to be.
            gateway.service.resetNext(1)
            #expect(try await gateway.get("/v1/test/upload", key + short).status == 502)
            #expect(gateway.service.calls.count == 5)
        }
    }

    @Test("sends a call again whose short answer broke off, since nothing of it was passed on")
    func broken() async throws {
        try await TestGateway.with { gateway in
            gateway.service.breakNext(1)
            let reply = try await gateway.get("/v1/articles")
            #expect(reply.status == 200 && reply.body == "{\"bodyBytes\":0}", "\(reply)")
            #expect(gateway.service.calls.count == 2)
            gateway.service.breakNext(1)
            #expect(try await gateway.get("/v1/test/upload", ["-d", "x"]).status == 502)
            #expect(gateway.service.calls.count == 3)
        }
    }

    @Test("lets calls that may be repeated wait for a service that is away, and refuses the others at once")
    func patience() async throws {
        let port = try FreePorts.take(1)[0]
        try await TestGateway.with(servicePort: port, change: { $0.upstream.patience = .seconds(30) }) { gateway in
            let start = ContinuousClock.now
            let order = try await gateway.get("/v1/test/orders", ["-d", "{}"])
            #expect(order.status == 503 && order.json["code"] == "unavailable" && order["retry-after"] == "1")
            #expect(ContinuousClock.now - start < .seconds(20))
            // The order may have been counted as well.
            let before = try await gateway.events("upstream-waited", reason: "instance")
            async let reading = gateway.get("/v1/articles")
            async let keyed = gateway.get("/v1/test/orders", key + ["-d", "{}"])
            try await eventually { try await gateway.events("upstream-waited", reason: "instance") >= before + 2 }
            try await Task.sleep(for: .milliseconds(500))
            let service = ScriptedService()
            let listener = try await TestGateway.listen(port, service, gateway.gateway.loops)
            #expect(try await reading.status == 200)
            #expect(try await keyed.status == 200)
            // The service is told how much time is left now.
            let left = service.calls.compactMap { $0.fields.first(InternalHeaders.deadline).flatMap(Int.init) }
            #expect(left.count == 2 && left.allSatisfy { $0 <= 9500 }, "\(left)")
            await listener.drain(deadline: .now)
        }
    }

    @Test("counts what befalls instances, without a label that grows")
    func counters() async throws {
        let loops = EventLoops(threads: 1)
        let bad = ScriptedService()
        let other = try await TestGateway.listen(0, bad, loops)
        let address = HostPort(host: "127.0.0.1", port: other.port)
        try await TestGateway.with(change: { $0.content.append(address) }) { gateway in
            try await eventually {
                _ = try await gateway.get("/v1/articles")
                return !bad.calls.isEmpty && !gateway.service.calls.isEmpty
            }
            bad.resetNext(1000)
            // Each loop has its own opinion of an instance.
            try await eventually {
                #expect(try await gateway.get("/v1/articles").status == 200)
                return try await gateway.events("upstream-ejected", reason: "") >= 1
            }
            #expect(try await gateway.events("upstream-retried", reason: "reset") >= 5)
            let metrics = try await gateway.metrics()
            #expect(!metrics.contains("127.0.0.1:"))
        }
        await other.drain(deadline: .now)
        await loops.shutdown()
    }
}

extension TestGateway {
    fileprivate func metrics() async throws -> String {
        try await curl(["http://127.0.0.1:\(ports.ops)/metrics"]).body
    }

    /// How often something befell content's instances.
    fileprivate func events(_ event: String, reason: String) async throws -> Int {
        let lines = try await metrics().split(separator: "\n").filter {
            $0.hasPrefix("transport_events_total{") && $0.contains("upstream-content") && $0.contains("\"\(event)\"")
                && $0.contains("reason=\"\(reason)\"")
        }
        return lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}
