import Foundation
import TestKit
import Testing

@Suite("Each process's share of the keys")
struct KeyShareTests {
    /// Shares of the shared suite's keys, in a folder of this test's own.
    private func shares(_ suite: SuiteUnderTest) async throws -> (folder: String, text: String) {
        let folder = "\(suite.folder)/shares-\(UUID().uuidString)"
        let text = try await suite.require(["keys", "--directory", suite.keysFolder, "--shares", folder])
        return (folder, text)
    }

    private func files(_ folder: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    }

    @Test("Nobody is given what another reads; a second time nothing changes, and a rotated key is given again")
    func contents() async throws {
        let suite = try await SuiteUnderTest.shared()
        let (folder, text) = try await shares(suite)
        #expect(text.contains("Gave gateway:"), "\(text)")
        let gateway = try files("\(folder)/gateway")
        #expect(
            gateway == [
                "context-gateway-auth.key", "context-gateway-user.key", "context-gateway-content.key",
                "gateway-certificate.pem", "gateway-key.pem", "redis-password",
            ])
        for part in ["auth", "user", "content"] {
            let files = try files("\(folder)/\(part)")
            #expect(files.contains("postgres-\(part)_app") && files.contains("redis-password"), "\(part): \(files)")
            #expect(!files.contains { $0.hasSuffix("_owner") || $0.hasSuffix(".pem") }, "\(part): \(files)")
            #expect(files.contains("pepper.key") == (part == "auth"), "\(part): \(files)")
        }
        #expect(try files("\(folder)/postgres") == ["postgres-superuser"])
        #expect(try files("\(folder)/redis") == ["redis-password"])
        #expect(try !files("\(folder)/migrate").contains { $0.hasSuffix(".key") })
        for (path, mode) in [("auth/pepper.key", 0o600), ("redis/redis-password", 0o640)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }

        let again = ["keys", "--directory", suite.keysFolder, "--shares", folder]
        #expect(try await !suite.require(again).contains("Gave"))
        try "old \(String(repeating: "A", count: 43))\n".write(
            toFile: "\(folder)/content/cursor.key", atomically: true, encoding: .utf8)
        let third = try await suite.require(again)
        #expect(third.contains("Gave content: cursor.key."), "\(third)")
        #expect(
            try String(contentsOfFile: "\(folder)/content/cursor.key", encoding: .utf8)
                == String(contentsOfFile: "\(suite.keysFolder)/cursor.key", encoding: .utf8))
    }

    @Test("A process needs no more than its share", arguments: ["gateway", "auth", "user", "content"])
    func suffices(part: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        var settings = suite.environment
        settings["CAUSEWAY_KEYS_DIRECTORY"] = "\(try await shares(suite).folder)/\(part)"
        let ports = try FreePorts.take(4)
        for (port, name) in zip(ports, ["PORT", "OPS_PORT", "HTTPS_PORT", "HTTP_PORT"]) {
            settings["CAUSEWAY_\(part.uppercased())_\(name)"] = String(port)
        }
        let log = "\(suite.folder)/share-\(part)-\(ports[0]).log"
        let process = try ChildProcess(
            [try CausewayBinary.path, "serve", part], environment: settings, errors: log)
        defer { process.send(signal: SIGKILL) }
        try await eventually {
            let health = try await suite.causeway(["health", part], settings: settings)
            guard health.status != 0, !process.hasEnded else { return true }
            try await Task.sleep(for: .milliseconds(50))
            return false
        }
        #expect(!process.hasEnded, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }
}
