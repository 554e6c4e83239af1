internal import Foundation
internal import Synchronization

// Services of several processes, all of which are called.
extension SuiteUnderTest {
    /// Starts the process of a service with this number; 0 is the suite's own.
    package func start(_ part: Part, instance number: Int) async throws {
        guard number > 0 else { return try await start(part) }
        guard let (port, ops) = ports.further(part, number) else { throw Fault(description: "no such instance") }
        let name = "CAUSEWAY_\(part.rawValue.uppercased())"
        let settings = ["\(name)_PORT": String(port), "\(name)_OPS_PORT": String(ops)]
        let process = try ChildProcess(
            [binary, "serve", part.rawValue], environment: environment.merging(settings) { _, new in new },
            errors: "\(folder)/\(Self.name(part, number)).log")
        afterlife.add(process)
        processes.withLock { $0[Self.name(part, number)] = process }
        try await eventually {
            let reply = try? await Curl(base: "http://127.0.0.1:\(ops)").get("/readyz")
            return reply?.status == 200 || process.hasEnded
        }
    }

    /// The process of a service with this number; nil while it is stopped.
    package func process(_ part: Part, instance number: Int) -> ChildProcess? {
        processes.withLock { $0[Self.name(part, number)] }
    }

    @discardableResult
    package func stop(_ part: Part, instance number: Int, signal: Int32) async -> Int32? {
        await stop(named: Self.name(part, number), signal: signal)
    }

    private static func name(_ part: Part, _ number: Int) -> String {
        number == 0 ? part.rawValue : "\(part.rawValue)-\(number)"
    }
}

// A gateway that takes the place of the one that runs.
extension SuiteUnderTest {
    /// Starts a gateway beside the one that runs.
    package func startSuccessor(_ settings: [String: String] = [:]) throws -> ChildProcess {
        let process = try ChildProcess(
            [binary, "serve", "gateway"], environment: environment.merging(settings) { _, new in new },
            errors: logPath(.gateway))
        afterlife.add(process)
        return process
    }

    /// Starts a gateway that takes over, and waits until the one before it has ended.
    ///
    /// - Returns: the exit status of the one before.
    package func succeedGateway(_ settings: [String: String] = [:]) async throws -> Int32? {
        let successor = try startSuccessor(settings)
        let before = process(.gateway)
        try await eventually { before?.hasEnded != false || successor.hasEnded }
        guard !successor.hasEnded else { throw Fault(description: "the successor ended: \(errors(.gateway))") }
        processes.withLock { $0[Part.gateway.rawValue] = successor }
        if let before { afterlife.remove(before) }
        return await before?.wait()
    }
}

// MARK: Further gateways

extension SuiteUnderTest {
    /// Starts another gateway of the suite, with ports of its own, and gives a client of it.
    package func startGateway(_ name: String) async throws -> Curl {
        let ports = try FreePorts.take(3)
        let settings = [
            "CAUSEWAY_GATEWAY_HTTPS_PORT": String(ports[0]), "CAUSEWAY_GATEWAY_HTTP_PORT": String(ports[1]),
            "CAUSEWAY_GATEWAY_OPS_PORT": String(ports[2]),
        ]
        let process = try ChildProcess(
            [binary, "serve", "gateway"], environment: environment.merging(settings) { _, new in new },
            errors: "\(folder)/gateway-\(name).log")
        afterlife.add(process)
        processes.withLock { $0["gateway-\(name)"] = process }
        try await eventually {
            let reply = try? await Curl(base: "http://127.0.0.1:\(ports[2])").get("/readyz")
            return reply?.status == 200 || process.hasEnded
        }
        return Curl(
            base: "https://localhost:\(ports[0])", certificate: certificate,
            options: ["--resolve", "localhost:\(ports[0]):127.0.0.1"])
    }

    package func stopGateway(_ name: String) async {
        await stop(named: "gateway-\(name)", signal: SIGTERM)
    }
}
