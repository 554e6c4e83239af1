import Foundation
import Glibc
import ServiceKit
import TestKit
import Testing

@testable import Gateway

/// Upstreams that are none of the suite's, in a process of their own: `Clients/edge_origin.py`.
struct EdgeOrigin: Sendable {
    let http: HostPort
    let sockets: HostPort
    let h2c: HostPort
    let process: ChildProcess

    /// A gateway with static routes to them: `/legacy/`, `/short/`, `/ws/`, `/h2/`, `/plain/` and `/private/`.
    static func with(
        redisPort: Int? = nil, servicePort: Int? = nil, change: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (TestGateway, EdgeOrigin) async throws -> Void
    ) async throws {
        let origin = try await start()
        let result: Result<Void, any Error>
        do {
            try await TestGateway.with(
                redisPort: redisPort, servicePort: servicePort,
                change: { configuration in
                    configuration.routes = origin.routes
                    configuration.upstream.patience = .zero
                    change(&configuration)
                }
            ) { try await body($0, origin) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await origin.process.stop(signal: SIGKILL)
        try result.get()
    }

    /// The upstreams alone; whoever starts them stops their process.
    static func start() async throws -> EdgeOrigin {
        let script = Repository.path("Tests/GatewayTests/Clients/edge_origin.py")
        let process = try ChildProcess([ChildProcess.python, "-B", script])
        let ports = try #require(await process.nextLine()).split(separator: " ").compactMap { Int($0) }
        try #require(ports.count == 3)
        let places = ports.map { HostPort(host: "127.0.0.1", port: $0) }
        return EdgeOrigin(http: places[0], sockets: places[1], h2c: places[2], process: process)
    }

    private var routes: [StaticRoute] {
        [
            "/legacy/=http://\(http.settingText);access=public;rate=none;headers=x-app",
            "/short/=http://\(http.settingText);access=public;rate=none;compress",
            "/ws/=http://\(sockets.settingText);access=public;rate=none;websocket",
            "/h2/=h2c://\(h2c.settingText);access=public;rate=none;websocket",
            "/plain/=http://\(sockets.settingText);access=public;rate=none",
            "/private/=h2c://\(h2c.settingText);websocket",
        ].compactMap { StaticRoute(settingText: $0) }
    }

    /// Has it do something; its counters afterwards.
    @discardableResult
    func tell(_ word: String) async throws -> [String: Int] {
        process.write(word + "\n")
        let line = try #require(await process.nextLine())
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Int])
    }

    func count(_ name: String) async throws -> Int { try await tell("count")[name, default: 0] }
}

/// Runs `Clients/websocket_client.py`.
struct SocketClient {
    /// The client's HTTP and the route, in all combinations with the upstream's HTTP.
    static let ways = ["1/ws/", "1/h2/", "2/ws/", "2/h2/"]

    let gateway: TestGateway

    private func arguments(_ walks: String, _ ways: [String]) -> [String] {
        [
            ChildProcess.python, "-B", Repository.path("Tests/GatewayTests/Clients/websocket_client.py"),
            "\(gateway.ports.https)", gateway.certificatePath, walks,
        ] + ways
    }

    /// Goes these walks, with commas between, to their end.
    func run(_ walks: String, _ ways: [String] = ways, token: String = "") async throws {
        let outcome = try await ChildProcess.run(
            arguments(walks, ways), environment: ["TOKEN": token, "ORIGIN": TestGateway.publicURL])
        #expect(outcome.text.hasSuffix("done\n"), "\(walks) \(ways): \(outcome.errorText)")
    }

    /// Goes a walk until its WebSocket is open.
    func open(_ walk: String, _ way: String, token: String = "") async throws -> ChildProcess {
        let process = try ChildProcess(arguments(walk, [way]), environment: ["TOKEN": token])
        #expect(await process.nextLine() == "open", "\(walk) \(way)")
        return process
    }
}
