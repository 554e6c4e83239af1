import Logging
import Redis
import ServiceLifecycle
import Transport

/// Looks once, as soon as Redis answers, at what it does when its memory is full: limits and revocations that it throws
/// away do not hold. Told as a warning, since a Redis of somebody else's may have to do.
struct RedisEviction: Service, CustomStringConvertible {
    private static let pause: Duration = .seconds(2)

    let configuration: RedisConfiguration
    let loops: EventLoops
    let logger: Logger

    let description = "the look at how Redis makes room"

    func run() async throws {
        let client = RedisClient(configuration: configuration, group: loops.eventLoopGroup)
        try? await cancelWhenGracefulShutdown {
            while true {
                do throws(RedisFailure) {
                    if let fault = try await Self.fault(of: client) { logger.warning("\(fault)") }
                    return
                } catch {
                    if case .server(let code) = error.kind {
                        logger.warning("Redis does not say how it makes room", metadata: ["reason": "\(code)"])
                        return
                    }
                    // Others say that Redis is away.
                    try await Task.sleep(for: Self.pause)
                }
            }
        }
        await client.close()
        try await gracefulShutdown()
    }

    /// What is wrong with what the server does when its memory is full; nil where nothing is.
    static func fault(of client: RedisClient) async throws(RedisFailure) -> String? {
        // Unlike CONFIG, it is allowed wherever Redis is rented.
        let policy = try await client.send(GetServerInfo("memory"))["maxmemory_policy"]
        guard policy != "noeviction" else { return nil }
        return "Redis has maxmemory-policy \(policy ?? "unknown"); limits and revocations need noeviction"
    }
}
