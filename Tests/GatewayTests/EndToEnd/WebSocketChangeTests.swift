import Primitives
import TestKit
import Testing
import Transport

@testable import Gateway

/// What goes on around WebSockets and does not concern them.
@Suite("WebSockets across changes", .serialized)
struct WebSocketChangeTests {
    /// Opens one in each way, has something changed, and says a word on each after that.
    private func across(
        _ gateway: TestGateway, _ origin: EdgeOrigin, _ change: () async throws -> Void
    ) async throws {
        var open: [ChildProcess] = []
        for way in SocketClient.ways {
            open.append(try await SocketClient(gateway: gateway).open("stays", way))
        }
        try await change()
        #expect(try await origin.count("open") == open.count)
        for process in open {
            process.write("go\n")
            let line = await process.nextLine()
            #expect(line == "done")
        }
    }

    @Test(
        "stay open when the certificate is another, by its files or by the operator's word", arguments: [true, false])
    func certificate(byFiles: Bool) async throws {
        let interval: Duration = byFiles ? .milliseconds(50) : .zero
        try await EdgeOrigin.with(change: { $0.door.certificateInterval = interval }) { gateway, origin in
            try await across(gateway, origin) {
                try CertificateFiles.make().write(over: gateway)
                // What SIGHUP does.
                if !byFiles { try gateway.gateway.certificates.reload() }
                // Newcomers are shown the new one, which curl trusts alone.
                try await eventually { try await gateway.get("/livez").status == 200 }
            }
        }
    }

    @Test("stay open when an instance of another upstream is restarted")
    func otherUpstream() async throws {
        let (port, loops) = (try FreePorts.take(1)[0], EventLoops(threads: 1))
        let first = try await TestGateway.listen(port, ScriptedService(), loops)
        try await EdgeOrigin.with(servicePort: port) { gateway, origin in
            try await across(gateway, origin) {
                #expect(try await gateway.get("/v1/articles").status == 200)
                await first.drain(deadline: .now)
                try await eventually { try await gateway.get("/v1/articles").status == 503 }
                let second = try await TestGateway.listen(port, ScriptedService(), loops)
                try await eventually { try await gateway.get("/v1/articles").status == 200 }
                await second.drain(deadline: .now)
            }
        }
        await loops.shutdown()
    }
}
