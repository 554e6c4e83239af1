import NIOCore
import NIOPosix
import Primitives
import RateLimiting
import TestKit
import Testing

@testable import Redis

@Suite struct RedisClientTests {
    @Test(arguments: RedisWire.allCases) func pipelinesTenThousandCommandsOfManyTasks(over wire: RedisWire) async throws
    {
        let client = try await wire.client()
        let prefix = TestRedis.prefix("pipeline")
        try await withThrowingTaskGroup { group in
            for task in 0..<100 {
                group.addTask {
                    for index in 0..<50 {
                        let key = "\(prefix)\(task):\(index)"
                        _ = try await client.send(SetValue(key, to: key, lifetime: .seconds(60)))
                        let value = try await client.send(GetValue(key))
                        #expect(value == Array(key.utf8))
                    }
                }
            }
            try await group.waitForAll()
        }
        await client.close()
    }

    @Test func aCallerOnALoopStaysOnItsThread() async throws {
        let client = try RedisClient.forTest()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await Task(executorPreference: LoopExecutor(loop)) {
            for _ in 0..<10 {
                try await client.send(PingServer())
                #expect(loop.inEventLoop)
                #expect(client.connection().loop === loop)
            }
        }.value
        await client.close()
    }

    @Test func failsAtOnceWhileTheServerIsDownAndRecovers() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        #expect(try await client.send(SetValue("key", to: "value")))
        server.stop()
        _ = try await eventuallySucceeds { () throws(RedisFailure) in
            let failure = await failure { () throws(RedisFailure) in try await client.send(GetValue("key")) }
            guard failure?.kind == .unavailable else { throw RedisFailure(.timeout) }
        }
        let before = Deadline.now
        for _ in 0..<100 {
            let failure = await failure { () throws(RedisFailure) in try await client.send(SetValue("key", to: "x")) }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.provablyNotExecuted == true)
        }
        #expect(Deadline.now < before.advanced(by: .seconds(10)))
        try server.start()
        let value = try await eventuallySucceeds { () throws(RedisFailure) in try await client.send(GetValue("key")) }
        #expect(value == nil)
        await client.close()
        let closed = await failure { () throws(RedisFailure) in try await client.send(PingServer()) }
        #expect(closed?.kind == .unavailable)
    }

    @Test func waitsNoLongerThanItsTimeAndMatchesLaterReplies() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        #expect(try await client.send(IncrementValue("key")) == 1)
        server.freeze()
        for _ in 0..<3 {
            let failure = await failure { () throws(RedisFailure) in
                try await client.send(IncrementValue("key"), timeout: .milliseconds(50))
            }
            #expect(failure?.kind == .timeout)
            #expect(failure?.provablyNotExecuted == false)
        }
        server.thaw()
        #expect(try await client.send(IncrementValue("key")) == 5)
        await client.close()
    }

    @Test func givesUpAConnectionThatIsStalled() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true) { $0.stallTimeout = .seconds(2) }
        try await client.send(PingServer())
        server.freeze()
        let failure = await failure { () throws(RedisFailure) in try await client.send(IncrementValue("key")) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.provablyNotExecuted == false)
        server.thaw()
        try await eventuallySucceeds { () throws(RedisFailure) in try await client.send(PingServer()) }
        await client.close()
    }

    @Test func waitsNoLongerThanTheCallThatItIsFor() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        try await client.send(PingServer())
        server.freeze()
        let meter = CallMeter(deadline: .after(.milliseconds(50)))
        await CallMeter.$current.withValue(meter) {
            let failure = await failure { () throws(RedisFailure) in
                try await client.send(IncrementValue("key"), timeout: .seconds(600))
            }
            #expect(failure?.kind == .cancelled && meter.deadline.hasPassed)
        }
        // That says nothing of Redis: limits go on to ask it.
        let limiter = RateLimiter(client: client, keyPrefix: TestRedis.prefix("call"))
        for _ in 0..<10 {
            await CallMeter.$current.withValue(CallMeter(deadline: .after(.milliseconds(5)))) {
                _ = await limiter.decide([RateDemand(key: "a", limit: .perMinute(60))], counting: .exact)
            }
        }
        #expect(!limiter.isOnFallback && limiter.fallbackCount == 0)
        server.thaw()
        await client.close()
    }

    @Test func boundsWhatIsInFlight() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true) { $0.inFlightMax = 10 }
        try await client.send(PingServer())
        server.freeze()
        let kinds = await withTaskGroup { tasks in
            for _ in 0..<30 {
                tasks.addTask {
                    await failure { () throws(RedisFailure) in
                        try await client.send(PingServer(), timeout: .seconds(3))
                    }?.kind
                }
            }
            return await tasks.reduce(into: [RedisFailure.Kind?]()) { $0.append($1) }
        }
        #expect(kinds.filter { $0 == .tooManyInFlight }.count == 20)
        #expect(kinds.filter { $0 == .timeout }.count == 10)
        server.thaw()
        try await eventuallySucceeds { () throws(RedisFailure) in try await client.send(PingServer()) }
        await client.close()
    }

    @Test func endsWithItsTask() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        try await client.send(PingServer())
        server.freeze()
        let task = Task {
            await failure { () throws(RedisFailure) in try await client.send(PingServer()) }
        }
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
        server.thaw()
        try await client.send(PingServer())
        await client.close()
    }

    @Test func authenticatesAndSpeaksOverAUnixSocket() async throws {
        let server = try TestRedisServer(extra: ["--requirepass", "open sesame"])
        let right = try RedisClient.forTest(server) {
            $0.password = Secret("open sesame")
            $0.address = .unixPath(server.unixPath)
        }
        try await right.send(PingServer())
        let named = try RedisClient.forTest(server) {
            $0.user = "default"
            $0.password = Secret("open sesame")
        }
        try await named.send(PingServer())
        for password in [nil, Secret("wrong")] {
            let wrong = try RedisClient.forTest(server) { $0.password = password }
            let failure = await failure { () throws(RedisFailure) in try await wrong.send(PingServer()) }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.provablyNotExecuted == true)
            await wrong.close()
        }
        await right.close()
        await named.close()
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "*70000\r\n", "$999999999999\r\n" + noise, "+" + noise,
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "+PONG\r\n+PONG\r\n:",
    ])
    func survivesAServerThatSpeaksNonsense(reply: String) async throws {
        let server = try await FakeServer(reply: Array(reply.utf8))
        var configuration = RedisConfiguration(address: .host("127.0.0.1", port: server.port))
        configuration.commandTimeout = .seconds(20)
        configuration.replyBytesMax = 100_000
        let client = RedisClient(configuration: configuration, group: MultiThreadedEventLoopGroup.singleton)
        let kind = await failure { () throws(RedisFailure) in
            _ = try await client.send(GetValue("key"))
            return try await client.send(GetValue("key"))
        }?.kind
        #expect(kind == .protocolFault || kind == .unavailable)
        await client.close()
        try await server.stop()
    }
}

private let noise = String(repeating: "x", count: 200_000)
