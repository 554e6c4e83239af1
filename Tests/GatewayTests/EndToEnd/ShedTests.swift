import Foundation
import TestKit
import Testing

@testable import Gateway

/// More requests than can be answered.
@Suite("Shedding", .serialized)
struct ShedTests {
    @Test("turns readiness first, then refuses what matters least, and lets go when it is over")
    func order() async throws {
        // A request counts twice here, since the service shares the gateway's loops.
        try await TestGateway.with(change: { $0.strain.requestsMax = 100 }) { gateway in
            let author = ["-H", "Authorization: Bearer \(gateway.token())"]
            let holding = gateway.hold(32)
            try await eventually { try await gateway.get("/readyz").status == 503 }
            #expect(try await gateway.get("/v1/articles").status == 200)
            let more = gateway.hold(6)
            try await eventually { try await gateway.get("/v1/articles").status == 503 }
            let shed = try await gateway.get("/v1/articles")
            #expect(shed.json["code"] == "overloaded")
            #expect(["1", "2", "3"].contains(shed["retry-after"]))
            #expect(shed["proxy-status"] == "causeway; error=http_request_denied")
            #expect(shed["ratelimit"]?.hasPrefix("\"connection\";r=") == true)
            #expect(try await gateway.get("/v1/articles/a").status == 200)
            #expect(try await gateway.get("/livez").status == 200)
            let further = gateway.hold(8)
            try await eventually { try await gateway.get("/v1/articles/a").status == 503 }
            #expect(try await gateway.get("/v1/auth/logout", author + ["-d", "{}"]).status == 200)
            #expect(try await gateway.metric("limits_reached_total{limit=\"shed-sheddable\"}") > 0)
            #expect(try await gateway.metric("limits_reached_total{limit=\"shed-normal\"}") > 0)
            #expect(try await gateway.metric("strain_level") >= 3)
            gateway.service.openGate()
            for task in [holding, more, further] { _ = await task.result }
            try await eventually { try await gateway.get("/readyz").status == 200 }
            #expect(try await gateway.get("/v1/articles").status == 200)
        }
    }

    @Test("refuses an address that has too much in flight, and nobody else for it")
    func perAddress() async throws {
        try await TestGateway.with(change: { $0.requestsPerAddressMax = 2 }) { gateway in
            let holding = gateway.hold(2)
            try await eventually { gateway.service.calls.count == 2 }
            let refused = try await gateway.get("/v1/articles")
            #expect(refused.status == 429 && refused.json["code"] == "rate-limited" && refused["retry-after"] == "1")
            #expect(refused["ratelimit-policy"]?.hasPrefix("\"connection\"") == true, "\(refused.fields)")
            #expect(try await gateway.metric("limits_reached_total{limit=\"requests-per-address\"}") > 0)
            gateway.service.openGate()
            _ = await holding.result
            try await eventually { try await gateway.get("/v1/articles").status == 200 }
        }
    }
}

extension TestGateway {
    /// So many requests at once, which are answered when the gate is opened.
    fileprivate func hold(_ count: Int) -> Task<Reply, any Error> {
        Task {
            try await curl([
                "--http2", "--parallel", "--parallel-max", "100", "-o", "/dev/null",
                "\(origin)/v1/test/download?do=hold#[1-\(count)]",
            ])
        }
    }
}
