import Glibc
import ServiceKit
import TestKit
import Testing

@testable import Gateway

/// Static routes whose instances are asked whether they are well.
@Suite("A static route's health path", .serialized)
struct RouteHealthTests {
    @Test("decides which of its instances is called", arguments: [StaticRoute.Wire.http, .h2c])
    func health(wire: StaticRoute.Wire) async throws {
        let other = try await EdgeOrigin.start()
        let second = wire == .http ? other.http : other.h2c
        try await EdgeOrigin.with(change: { configuration in
            let prefix = wire == .http ? "/legacy/" : "/h2/"
            guard var route = configuration.routes.first(where: { $0.prefix == prefix }) else { return }
            route.prefix = "/both/"
            route.places.append(second)
            route.healthPath = "/origin/health"
            configuration.routes.append(route)
            configuration.upstream.healthInterval = .milliseconds(100)
        }) { gateway, origin in
            func ask() async throws { #expect(try await gateway.get("/both/facts").status == 200) }
            // Both are called while both are well.
            for one in [origin, other] {
                try await eventually {
                    try await ask()
                    return try await one.count("requests") > 0
                }
                try await eventually { try await one.count("probes") > 0 }
            }
            for (ill, well) in [(origin, other), (other, origin)] {
                try await ill.tell("ill")
                let told = try await ill.count("probes")
                try await eventually { try await ill.count("probes") > told + 2 }
                // The loops hear of it a moment after the answer has come.
                try await eventually {
                    let before = try await ill.count("requests")
                    for _ in 0..<8 { try await ask() }
                    return try await ill.count("requests") == before
                }
                let (before, others) = (try await ill.count("requests"), try await well.count("requests"))
                for _ in 0..<10 { try await ask() }
                #expect(try await ill.count("requests") == before)
                #expect(try await well.count("requests") == others + 10)
                try await ill.tell("well")
                try await eventually {
                    try await ask()
                    return try await ill.count("requests") > before
                }
            }
        }
        await other.process.stop(signal: SIGKILL)
    }

    @Test("is not asked for where the route names none")
    func none() async throws {
        try await EdgeOrigin.with(change: { $0.upstream.healthInterval = .milliseconds(20) }) { gateway, origin in
            for _ in 0..<5 { #expect(try await gateway.get("/legacy/facts").status == 200) }
            let reply = try await gateway.get("/h2/facts")
            #expect(reply.status == 200)
            #expect(try await origin.count("probes") == 0)
        }
    }
}
