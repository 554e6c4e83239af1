import Foundation
import JSON
import TestKit
import Testing

@Suite("The executable's commands")
struct CommandTests {
    @Test("The OpenAPI document is served, is what the command prints, and is valid")
    func openAPI() async throws {
        let suite = try await SuiteUnderTest.shared()
        let served = try await suite.gateway.get("/openapi.json")
        #expect(served.header("content-type")?.hasPrefix("application/json") == true)
        let printed = try await suite.causeway(["openapi"])
        #expect(printed.status == 0)
        #expect(try JSONValue.parse(served.body) == JSONValue.parse(Array(printed.text.utf8)))
        #expect(served["openapi"]?.string?.hasPrefix("3.1") == true)
        #expect(!printed.text.contains("/internal/"))
        let path = "\(suite.folder)/openapi.json"
        try printed.text.write(toFile: path, atomically: true, encoding: .utf8)
        let judged = try await ChildProcess.run([ChildProcess.python, "-m", "openapi_spec_validator", path])
        #expect(judged.status == 0, "\(judged.text)\(judged.errorText)")
    }

    @Test("health: 0 for a part that is ready, 1 for one that is not there")
    func health() async throws {
        let suite = try await SuiteUnderTest.shared()
        for part in [SuiteUnderTest.Part.gateway, .auth, .user, .content] {
            let ready = try await suite.causeway(["health", "--port", String(suite.ports.ops(part))])
            #expect(ready.status == 0 && ready.text.contains("ready"), "\(part): \(ready.text)\(ready.errorText)")
        }
        let free = try FreePorts.take(1)[0]
        let absent = try await suite.causeway(["health", "--port", String(free)])
        #expect(absent.status == 1, "\(absent.status) \(absent.errorText)")
        #expect(absent.errorText.contains("nothing answers"), "\(absent.errorText)")
    }

    @Test("health finds its ports by itself: all that run here must be ready, and a part that is named must run")
    func healthOfAll() async throws {
        let suite = try await SuiteUnderTest.shared()
        let all = try await suite.causeway(["health"])
        #expect(all.status == 0 && all.text.components(separatedBy: "ready").count > 4, "\(all.text)\(all.errorText)")
        let free = try FreePorts.take(4).map(String.init)
        var settings = ["CAUSEWAY_BIND_ADDRESS": "0.0.0.0", "CAUSEWAY_CONTENT_OPS_PORT": free[0]]
        let three = try await suite.causeway(["health"], settings: settings)
        #expect(three.status == 0, "\(three.errorText)")
        for part in ["content", "all"] {
            let one = try await suite.causeway(["health", part], settings: settings)
            #expect(one.status == 1 && one.errorText.contains(free[0]), "\(one.errorText)")
        }
        for (part, port) in zip(["GATEWAY", "AUTH", "USER"], free.dropFirst()) {
            settings["CAUSEWAY_\(part)_OPS_PORT"] = port
        }
        let none = try await suite.causeway(["health"], settings: settings)
        #expect(none.status == 1 && none.errorText.contains("nothing answers"), "\(none.errorText)")
    }

    @Test(
        "A process is asked for the addresses that it calls, and for no others",
        arguments: [
            ("gateway", ["AUTH", "USER", "CONTENT"]), ("auth", []), ("user", ["AUTH"]), ("content", ["AUTH", "USER"]),
        ])
    func addresses(part: String, called: [String]) async throws {
        let outcome = try await ChildProcess.run(
            ["env", "-i", "PATH=/usr/bin:/bin", try CausewayBinary.path, "serve", part], seconds: 20)
        #expect(outcome.status == 1)
        for name in ["AUTH", "USER", "CONTENT"] {
            let isAsked = outcome.errorText.contains("CAUSEWAY_\(name)_ADDRESS")
            #expect(isAsked == called.contains(name), "\(name): \(outcome.errorText)")
        }
    }

    @Test("config explain: every value and its source, no secret")
    func explain() async throws {
        let suite = try await SuiteUnderTest.shared()
        let outcome = try await suite.causeway(
            ["config", "explain"], settings: ["CAUSEWAY_REDIS_PASSWORD": "my secret word"])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let lines = outcome.text.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("CAUSEWAY_GATEWAY_HTTPS_PORT=\(suite.ports.https) ") }, "\(outcome.text)")
        #expect(!outcome.text.contains("my secret word"))
        let bad = try await suite.causeway(
            ["config", "explain"],
            settings: ["CAUSEWAY_AUTH_PORT": "x", "CAUSEWAY_DRAIN_SECONDS": "9999", "CAUSEWAY_LOG_FORMAT": "prose"])
        #expect(bad.status == 1)
        for name in ["CAUSEWAY_AUTH_PORT", "CAUSEWAY_DRAIN_SECONDS", "CAUSEWAY_LOG_FORMAT"] {
            #expect(bad.errorText.contains(name), "all faults at once: \(bad.errorText)")
        }
    }

    @Test("doctor: 0 where all is well, 1 and what to do where it is not")
    func doctor() async throws {
        let suite = try await SuiteUnderTest.shared()
        let well = try await suite.causeway(["doctor"])
        #expect(well.status == 0, "\(well.text)")
        let free = try FreePorts.take(1)[0]
        let ill = try await suite.causeway(
            ["doctor"], settings: ["CAUSEWAY_REDIS_PORT": String(free), "CAUSEWAY_KEYS_DIRECTORY": "/nowhere"],
            seconds: 90)
        #expect(ill.status == 1, "\(ill.text)")
        #expect(ill.text.contains("problem  redis"), "\(ill.text)")
        #expect(ill.text.contains("causeway keys --directory /nowhere"), "\(ill.text)")
    }

    @Test("A Redis that throws away what it has no room for is told, by doctor and at a start")
    func eviction() async throws {
        let suite = try await SuiteUnderTest.shared()
        let redis = try TestRedisServer(extra: ["--maxmemory-policy", "allkeys-lru"])
        let settings = [
            "CAUSEWAY_REDIS_PORT": String(redis.port), "CAUSEWAY_USER_PORT": "0", "CAUSEWAY_USER_OPS_PORT": "0",
        ]
        let doctor = try await suite.causeway(["doctor"], settings: settings)
        #expect(doctor.status == 1 && doctor.text.contains("maxmemory-policy allkeys-lru"), "\(doctor.text)")
        let log = "\(suite.folder)/eviction.log"
        let process = try ChildProcess(
            [try CausewayBinary.path, "serve", "user"], environment: suite.environment.merging(settings) { $1 },
            errors: log)
        try await eventually {
            try String(contentsOfFile: log, encoding: .utf8).contains("maxmemory-policy allkeys-lru")
                || process.hasEnded
        }
        #expect(await process.stop(signal: SIGTERM) == 0)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("maxmemory-policy allkeys-lru"))
    }

    @Test("keys leaves what is there alone; migrate and seed may run again")
    func again() async throws {
        let suite = try await SuiteUnderTest.shared()
        let path = "\(suite.keysFolder)/pepper.key"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        let text = try await suite.require(["keys", "--directory", suite.keysFolder])
        #expect(text.contains("Nothing was missing"), "\(text)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try await suite.migrate()
        let plan = try await suite.require(["migrate", "--dry-run"])
        #expect(plan.components(separatedBy: "is current").count == 4, "\(plan)")
        let seeded = try await suite.causeway(["seed"])
        #expect(
            seeded.status == 0 && seeded.errorText.contains("Added 0 accounts and 0 articles"), "\(seeded.errorText)")
    }

    @Test(
        "Without keys no part starts, and says how to make them",
        arguments: ["gateway", "auth", "user", "content", "all"])
    func noKeys(part: String) async throws {
        let suite = try await SuiteUnderTest.shared()
        let outcome = try await suite.causeway(
            ["serve", part], settings: ["CAUSEWAY_KEYS_DIRECTORY": "/nowhere"], seconds: 20)
        #expect(outcome.status == 1, "\(outcome.status) \(outcome.errorText)")
        #expect(outcome.errorText.contains("causeway keys"), "\(outcome.errorText)")
    }

    @Test(
        "In production nothing starts on defaults: every setting that is missing is named",
        arguments: ["gateway", "auth"])
    func production(part: String) async throws {
        let binary = try CausewayBinary.path
        let outcome = try await ChildProcess.run(
            ["env", "-i", "PATH=/usr/bin:/bin", binary, "serve", part], seconds: 20)
        #expect(outcome.status == 1, "\(outcome.status) \(outcome.errorText)")
        for name in ["CAUSEWAY_KEYS_DIRECTORY", "CAUSEWAY_PUBLIC_URL"] {
            #expect(outcome.errorText.contains(name), "\(name): \(outcome.errorText)")
        }
        let seed = try await SuiteUnderTest.shared().causeway(
            ["seed"],
            settings: ["CAUSEWAY_PROFILE": "production", "CAUSEWAY_PUBLIC_URL": "https://a.example"], seconds: 20)
        #expect(seed.status == 1, "\(seed.errorText)")
    }

    @Test("A port that is taken stops the start, with the port's number")
    func takenPort() async throws {
        let suite = try await SuiteUnderTest.shared()
        let outcome = try await suite.causeway(["serve", "user"], seconds: 20)
        #expect(outcome.status == 1, "\(outcome.status) \(outcome.errorText)")
        let ports = [suite.ports.service(.user), suite.ports.ops(.user)]
        #expect(ports.contains { outcome.errorText.contains(String($0)) }, "\(outcome.errorText)")
        #expect(await suite.isReady(.user))
    }
}
