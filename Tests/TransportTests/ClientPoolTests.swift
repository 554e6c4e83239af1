import Foundation
import HTTP
import NIOCore
import Primitives
import Testing
import Transport

@Suite struct ClientPoolTests {
    private func with<Value>(
        limits: HTTPLimits = .internalHop, _ change: (inout ClientPoolConfiguration) -> Void = { _ in },
        _ body: (TestServer, ClientPool) async throws -> Value
    ) async throws -> Value {
        try await TestServer.with(.http2, limits: limits) { server in
            var configuration = ClientPoolConfiguration(host: "127.0.0.1", port: server.port)
            configuration.observer = server.record.observer
            // The machine may be busy with other tests.
            configuration.connectTimeout = .seconds(20)
            change(&configuration)
            let pool = await ClientPool(configuration, on: server.loops)
            let value = try await body(server, pool)
            await pool.close(deadline: .now)
            return value
        }
    }

    private static let soon = Deadline.after(.seconds(20))

    @Test func wholeCallFromAnyThread() async throws {
        try await with { server, pool in
            let (head, body) = try await pool.send(
                ClientCall(
                    RequestHead(method: .post, path: "/collect"), body: ByteBuffer(string: "abc"), deadline: Self.soon),
                responseBodyMax: 100)
            #expect(head.status == 200 && head.contentLength == 3 && String(buffer: body) == "abc")
            let (facts, text) = try await pool.send(
                ClientCall(RequestHead(path: "/facts"), deadline: Self.soon), responseBodyMax: 1000)
            #expect(facts.status == 200)
            #expect(String(buffer: text).hasPrefix("GET|http|127.0.0.1:\(server.port)|"))
        }
    }

    @Test func manyCallsShareConnections() async throws {
        try await with { server, pool in
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<500 {
                    group.addTask {
                        let (_, body) = try await pool.send(
                            ClientCall(RequestHead(path: "/\(index)"), deadline: Self.soon), responseBodyMax: 100)
                        return String(buffer: body)
                    }
                }
                var answers = Set<String>()
                for try await answer in group { answers.insert(answer) }
                #expect(answers == Set((0..<500).map { "hello /\($0)" }))
            }
            // At most one for each of the two loops: streams did not run out.
            #expect(server.record.value("accepted") <= 2, "\(server.record.notes("limited"))")
        }
    }

    @Test func callsWaitForStreams() async throws {
        var limits = HTTPLimits.internalHop
        limits.http2.concurrentStreamsMax = 2
        try await with(limits: limits, { $0.connectionsPerLoopMax = 2 }) { server, pool in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.send(
                            ClientCall(RequestHead(path: "/x"), deadline: Self.soon), responseBodyMax: 100
                        ).0.status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            #expect(server.record.value("accepted") <= 4)
        }
    }

    @Test func whoWaitsIsNotOvertaken() async throws {
        var limits = HTTPLimits.internalHop
        limits.http2.concurrentStreamsMax = 1
        try await with(limits: limits, { $0.connectionsPerLoopMax = 1 }) { server, pool in
            let order = Recorder()
            @Sendable func ask(_ path: String, as name: String) async {
                let call = ClientCall(RequestHead(path: path), deadline: Self.soon)
                let answer = try? await pool.send(call, responseBodyMax: 100)
                order.note("order", answer?.0.status == 200 ? name : "failed")
            }
            // All on one loop, so that they share one connection.
            await server.loops.run {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await ask("/gate", as: "greedy")
                        for _ in 0..<20 { await ask("/x", as: "greedy") }
                    }
                    #expect(await server.record.eventually { $0.value("started") == 1 })
                    for number in 0..<10 {
                        group.addTask { await ask("/x", as: "\(number)") }
                        #expect(await server.record.eventually { $0.value("waited(reason: \"stream\")") == number + 1 })
                    }
                    server.record.count("opened")
                }
            }
            let expected = ["greedy"] + (0..<10).map(String.init) + Array(repeating: "greedy", count: 20)
            #expect(order.notes("order") == expected)
        }
    }

    @Test func waitingIsBounded() async throws {
        var limits = HTTPLimits.internalHop
        limits.http2.concurrentStreamsMax = 1
        try await with(
            limits: limits,
            {
                $0.connectionsPerLoopMax = 1
                $0.waitersPerLoopMax = 1
            }
        ) { server, pool in
            let failures = await withTaskGroup(of: ClientFailure.Code?.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        do throws(ClientFailure) {
                            _ = try await pool.send(
                                ClientCall(RequestHead(path: "/hang"), deadline: .after(.seconds(3))),
                                responseBodyMax: 100)
                            return nil
                        } catch { return error.code }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(
                failures.contains(.poolExhausted) && failures.contains(.deadlineExceeded) && !failures.contains(nil))
        }
    }

    @Test func streamsBothWays() async throws {
        try await with { server, pool in
            let received: Result<Int, ClientFailure> = await server.loops.run {
                () async -> Result<Int, ClientFailure> in
                do throws(ClientFailure) {
                    let exchange = try await pool.open(
                        ClientCall(RequestHead(method: .post, path: "/echo"), deadline: Self.soon), hasBody: true)
                    async let total = Self.countAll(exchange)
                    let piece = ByteBuffer(repeating: 9, count: 64 * 1024)
                    for _ in 0..<160 { try await exchange.write(piece) }
                    exchange.finish(trailers: ["t": "1"])
                    let count = await total
                    #expect(exchange.trailers == ["t": "1"])
                    return .success(count)
                } catch { return .failure(error) }
            }
            let count = try received.get()
            #expect(count == 10_485_760)
        }
    }

    private static func countAll(_ exchange: ClientExchange) async -> Int {
        var total = 0
        while let bytes = try? await exchange.next() { total += bytes.readableBytes }
        return total
    }

    @Test func unreadAnswersAreHeldBack() async throws {
        try await with { server, pool in
            await server.loops.run { () async -> Void in
                let exchange = try? await pool.open(
                    ClientCall(RequestHead(path: "/large"), deadline: Self.soon), hasBody: false)
                _ = try? await exchange?.response()
                #expect(await server.record.eventually { $0.value("pieces") >= 1 })
                try? await Task.sleep(for: .milliseconds(200))
                // 64 KiB of window and one high-water mark of 64 KiB, out of 10 MiB.
                #expect(server.record.value("pieces") <= 4)
                exchange?.cancel()
            }
        }
    }

    struct Failing: Sendable, CustomTestStringConvertible {
        let path: String
        var method = RequestMethod.get
        var bodyMax = 1000
        var deadline = Duration.seconds(20)
        let code: ClientFailure.Code
        var testDescription: String { path }
    }

    @Test(arguments: [
        Failing(path: "/nothing", code: .reset(.internalError)),
        Failing(path: "/abort", code: .reset(.internalError)),
        Failing(path: "/large", code: .tooLarge),
        Failing(path: "/x", bodyMax: 3, code: .tooLarge),
        Failing(path: "/hang", deadline: .seconds(2), code: .deadlineExceeded),
    ])
    func failures(_ item: Failing) async throws {
        try await with { server, pool in
            // The deadline is for the answer, and not for connecting.
            _ = try await pool.send(ClientCall(RequestHead(path: "/y"), deadline: Self.soon), responseBodyMax: 100)
            do throws(ClientFailure) {
                _ = try await pool.send(
                    ClientCall(RequestHead(method: item.method, path: item.path), deadline: .after(item.deadline)),
                    responseBodyMax: item.bodyMax)
                Issue.record("no failure")
            } catch {
                #expect(error == ClientFailure(item.code))
            }
            // The connection lives on, and the handler has been let go.
            let (head, _) = try await pool.send(
                ClientCall(RequestHead(path: "/y"), deadline: Self.soon), responseBodyMax: 100)
            #expect(head.status == 200)
            #expect(await server.record.eventually { $0.value("started") == $0.value("ended") })
        }
    }

    @Test func cancelledCallsResetTheirStream() async throws {
        try await with { server, pool in
            let call = Task {
                try await pool.send(
                    ClientCall(RequestHead(path: "/hang"), deadline: Self.soon), responseBodyMax: 100)
            }
            #expect(await server.record.eventually { $0.value("started") == 1 })
            call.cancel()
            let result = await call.result
            #expect(throws: ClientFailure(.cancelled)) { try result.get() }
            #expect(await server.record.eventually { $0.value("cancelled") == 1 })
        }
    }

    @Test func refusedConnectionsDidNoWork() async throws {
        let loops = EventLoops(threads: 1)
        // A port that was just free.
        let listener = try await Listener.start(
            ListenerConfiguration(addresses: [.init(host: "127.0.0.1", port: 0)], protocols: .http2), on: loops,
            handler: TestHandler(record: Recorder()))
        let port = listener.port
        await listener.drain(deadline: .now)
        let pool = await ClientPool(ClientPoolConfiguration(host: "127.0.0.1", port: port), on: loops)
        await #expect(throws: ClientFailure(.connectFailed, provablyDidNoWork: true)) {
            try await pool.send(
                ClientCall(RequestHead(), deadline: Self.soon), responseBodyMax: 1)
        }
        await loops.shutdown()
    }

    @Test func drainedUpstreamIsLeftInOrder() async throws {
        try await with { server, pool in
            async let slow = pool.send(
                ClientCall(RequestHead(path: "/slow"), deadline: Self.soon), responseBodyMax: 100)
            #expect(await server.record.eventually { $0.value("started") == 1 })
            await server.listener.drain(deadline: .after(.seconds(10)))
            let status = try await slow.0.status
            #expect(status == 200)
            // Nothing listens now.
            await #expect(throws: ClientFailure(.connectFailed, provablyDidNoWork: true)) {
                try await pool.send(
                    ClientCall(RequestHead(), deadline: Self.soon), responseBodyMax: 1)
            }
        }
    }

    @Test func lostConnectionsFailTheirCalls() async throws {
        try await with { server, pool in
            let hanging = Task {
                try await pool.send(
                    ClientCall(RequestHead(path: "/hang"), deadline: Self.soon), responseBodyMax: 100)
            }
            #expect(await server.record.eventually { $0.value("started") == 1 })
            await server.listener.drain(deadline: .now)
            let result = await hanging.result
            #expect(throws: ClientFailure(.connectionLost)) { try result.get() }
        }
    }
}
