import NIOCore
import NIOPosix
import Primitives
import TestKit

@testable import Redis

extension RedisClient {
    /// A client of the shared server, or of `server`; on a single loop, so on a single connection, where the state of
    /// that matters.
    static func forTest(
        _ server: TestRedisServer? = nil, onOneLoop: Bool = false,
        _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
        return RedisClient(configuration: try .forTest(server, change), group: onOneLoop ? group.next() : group)
    }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

extension RedisConfiguration {
    static func forTest(
        _ server: TestRedisServer? = nil, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisConfiguration {
        let port = try server?.port ?? TestRedis.port()
        var configuration = RedisConfiguration(address: .host("127.0.0.1", port: port))
        // Two cores run many tests: a slow reply is no failure here.
        configuration.commandTimeout = .seconds(20)
        configuration.stallTimeout = .seconds(30)
        change(&configuration)
        return configuration
    }
}

/// What `body` throws, nil where it does not.
func failure<Value>(of body: () async throws(RedisFailure) -> Value) async -> RedisFailure? {
    do throws(RedisFailure) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

/// Tries until `body` succeeds, for at most twenty seconds; then gives its last failure.
func eventuallySucceeds<Value>(_ body: () async throws(RedisFailure) -> Value) async throws(RedisFailure) -> Value {
    let deadline = Deadline.after(.seconds(20))
    while true {
        do throws(RedisFailure) {
            return try await body()
        } catch {
            if deadline.hasPassed { throw error }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// A server that says `PONG` first, then `reply` to whatever comes.
final class FakeServer: Sendable {
    let port: Int
    private let channel: any Channel

    init(reply: [UInt8]) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Replier(reply: reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws {
        try await channel.close()
    }

    private final class Replier: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let reply: [UInt8]
        private var hasPonged = false

        init(reply: [UInt8]) {
            self.reply = reply
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = hasPonged ? reply : Array("+PONG\r\n".utf8)
            hasPonged = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
