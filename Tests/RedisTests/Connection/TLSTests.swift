import NIOPosix
import Primitives
import Redis
import Synchronization
import TLS
import TestKit
import Testing

/// Who Redis must be where TLS is asked for. What is said over it is tested with the commands.
@Suite("TLS to Redis")
struct TLSTests {
    @Test("A server of another authority is refused at once, and the reason says so")
    func wrongAuthority() async throws {
        let redis = try await RedisOverTLS.shared()
        let stranger = try await TestAuthority.make()
        let (outcome, told) = try await ping(try redis.configuration(trust: stranger))
        #expect(outcome?.kind == .unavailable)
        #expect(outcome?.provablyNotExecuted == true)
        #expect(outcome?.description.contains("certificate in certificate chain") == true, "\(outcome as Any)")
        #expect(told.contains { $0.contains("certificate in certificate chain") }, "\(told)")
    }

    @Test("A server of another name is refused by verify-full alone")
    func wrongName() async throws {
        let redis = try await RedisOverTLS(names: ["DNS:other.test"])
        let (outcome, _) = try await ping(try redis.configuration())
        #expect(outcome?.kind == .unavailable)
        #expect(outcome?.description.contains("IP address mismatch") == true, "\(outcome as Any)")
        let (lenient, _) = try await ping(try redis.configuration(checksServerName: false))
        #expect(lenient == nil)
        let stranger = try await TestAuthority.make()
        let (strange, _) = try await ping(try redis.configuration(trust: stranger, checksServerName: false))
        #expect(strange?.kind == .unavailable)
    }

    @Test("A server that speaks no TLS fails cleanly, and so does TLS towards one that wants none")
    func mismatch() async throws {
        let redis = try await RedisOverTLS.shared()
        let (behind, told) = try await ping(
            try redis.configuration { $0.address = .host("127.0.0.1", port: redis.server.port) })
        #expect(behind?.kind == .unavailable)
        #expect(!told.isEmpty)
        let (plain, _) = try await ping(
            try redis.configuration {
                $0.tls = nil
                $0.connectTimeout = .milliseconds(500)
            })
        #expect(plain?.kind == .unavailable, "\(plain as Any)")
    }

    @Test("A server that asks for a certificate gets ours")
    func clientCertificate() async throws {
        let redis = try await RedisOverTLS(names: ["IP:127.0.0.1"], asksClients: true)
        let own = try await redis.authority.issue(["DNS:client.test"])
        #expect(try await ping(try redis.configuration(own: own)).failure == nil)
        let (without, told) = try await ping(try redis.configuration())
        #expect(without?.kind == .unavailable)
        #expect(told.contains { $0.contains("certificate required") }, "\(told)")
    }

    @Test("A user of the access control list signs in over it, and is known by its password")
    func accessControl() async throws {
        let redis = try await RedisOverTLS(names: ["IP:127.0.0.1"])
        let set = try await ChildProcess.run([
            "redis-cli", "-p", String(redis.server.port), "ACL", "SETUSER", "suite", "on", ">secret", "~*", "+@all",
        ])
        #expect(set.text.contains("OK"))
        let good = try redis.configuration {
            $0.user = "suite"
            $0.password = Secret("secret")
        }
        #expect(try await ping(good).failure == nil)
        let bad = try redis.configuration {
            $0.user = "suite"
            $0.password = Secret("guess")
        }
        let (outcome, _) = try await ping(bad)
        #expect(outcome?.description.contains("WRONGPASS") == true, "\(outcome as Any)")
    }

    @Test("A connection that is lost is made anew, with TLS again")
    func comesBack() async throws {
        let redis = try await RedisOverTLS(names: ["IP:127.0.0.1"])
        let client = RedisClient(
            configuration: try redis.configuration(), group: MultiThreadedEventLoopGroup.singleton.next())
        #expect(try await client.send(SetValue("key", to: "value")))
        redis.server.stop()
        try redis.server.start()
        let value = try await eventuallySucceeds { () throws(RedisFailure) in try await client.send(GetValue("key")) }
        #expect(value == nil)
        await client.close()
    }

    /// What a command comes to, and what was told of the connection.
    private func ping(_ configuration: RedisConfiguration) async throws -> (failure: RedisFailure?, told: [String]) {
        let told = Told()
        var configuration = configuration
        configuration.observe = { observation in
            if case .connectFailed(let reason) = observation { told.add(reason) }
        }
        let client = RedisClient(configuration: configuration, group: MultiThreadedEventLoopGroup.singleton.next())
        let outcome = await failure { () throws(RedisFailure) in try await client.send(PingServer()) }
        await client.close()
        return (outcome, told.all)
    }

    private final class Told: Sendable {
        private let words = Mutex<[String]>([])

        func add(_ word: String) { words.withLock { $0.append(word) } }

        var all: [String] { words.withLock { $0 } }
    }
}
