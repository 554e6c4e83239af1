import TestKit

/// What is killed without a warning. The relay, the consumers and the runners of jobs live in the services' processes.
enum Victim: String, CaseIterable, Sendable {
    case auth, user, content, gateway
    case postgres
    /// One connection's process, upon which PostgreSQL ends all others and recovers.
    case postgresBackend = "postgres-backend"
    case redis
    /// Redis answers and has nothing left.
    case redisEmptied = "redis-emptied"

    private var part: SuiteUnderTest.Part? { SuiteUnderTest.Part(rawValue: rawValue) }

    func strike(_ suite: SuiteUnderTest) async throws {
        switch self {
        case .auth, .user, .content, .gateway: if let part { await suite.kill(part) }
        case .postgres: try await suite.postgres?.kill()
        case .postgresBackend: try await suite.postgres?.killBackend()
        case .redis: suite.redis.stop()
        case .redisEmptied:
            _ = try await ChildProcess.run(["redis-cli", "-p", String(suite.redis.port), "FLUSHALL"])
        }
    }

    /// Does what a supervisor does: starts it again.
    func revive(_ suite: SuiteUnderTest) async throws {
        switch self {
        case .auth, .user, .content, .gateway: if let part { try await suite.start(part, untilReady: false) }
        case .postgres: try await suite.postgres?.start()
        case .redis: try suite.redis.start()
        case .postgresBackend, .redisEmptied: break
        }
    }
}
