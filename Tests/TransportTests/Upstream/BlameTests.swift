import HTTP
import NIOCore
import Primitives
import TestKit
import Testing
import Transport

/// Whose fault it is when the time of a call is over: an instance that waits for a client is not ejected.
@Suite struct BlameTests {
    private static let versions: [ClientPoolConfiguration.Version] = [.http2, .http1]
    /// Long enough to be blamed, and for a busy machine to come to the point before.
    private static let deadline: Duration = .seconds(4)

    /// So many calls at once that one of two instances would have too many faults.
    ///
    /// - Parameter body: what is done with each, until it fails.
    /// - Returns: how often an instance was ejected.
    private func ejections(
        _ version: ClientPoolConfiguration.Version, _ act: TestInstance.Act, hasBody: Bool,
        _ body: @escaping @Sendable (ClientExchange) async throws(ClientFailure) -> Void
    ) async throws -> Int {
        let ejected = Recorder()
        try await TestUpstream.with(2, version: version, change: { $0.connectionsPerLoopMax = 16 }) { upstream in
            try await upstream.warmUp()
            for instance in upstream.instances { instance.act(act) }
            await withTaskGroup(of: ClientFailure?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        await failure(upstream, hasBody: hasBody, body)
                    }
                }
                for await failure in group { #expect(failure?.code == .deadlineExceeded) }
            }
            // The loop has counted all by then.
            #expect(await upstream.loops.run { () async in true })
            for instance in upstream.instances {
                let count = upstream.record.value("ejected(\"127.0.0.1:\(instance.port)\")")
                for _ in 0..<count { ejected.count("ejected") }
            }
        }
        return ejected.value("ejected")
    }

    private func failure(
        _ upstream: TestUpstream, hasBody: Bool,
        _ body: @escaping @Sendable (ClientExchange) async throws(ClientFailure) -> Void
    ) async -> ClientFailure? {
        await upstream.loops.run { () async -> ClientFailure? in
            let call = ClientCall(
                RequestHead(method: hasBody ? .post : .get, path: "/x"), deadline: .after(Self.deadline))
            do throws(ClientFailure) {
                let exchange = try await upstream.pool.open(call, hasBody: hasBody)
                defer { exchange.cancel() }
                try await body(exchange)
                return nil
            } catch {
                return error
            }
        }
    }

    private static func readAll(_ exchange: ClientExchange) async throws(ClientFailure) {
        _ = try await exchange.response()
        while try await exchange.next() != nil {}
    }

    @Test(arguments: versions)
    func aClientThatIsSlowToSendIsNotTheInstancesFault(_ version: ClientPoolConfiguration.Version) async throws {
        let count = try await ejections(version, .late(.seconds(60)), hasBody: true) {
            (exchange) async throws(ClientFailure) in
            try await exchange.write(ByteBuffer(string: "the beginning"))
            _ = try await exchange.response()
        }
        #expect(count == 0)
    }

    @Test(arguments: versions)
    func aClientThatSendsTheLastByteAtTheLastMomentIsNotEither(
        _ version: ClientPoolConfiguration.Version
    ) async throws {
        let count = try await ejections(version, .late(.seconds(60)), hasBody: true) {
            (exchange) async throws(ClientFailure) in
            try? await Task.sleep(for: Self.deadline - .milliseconds(100))
            exchange.finish()
            _ = try await exchange.response()
        }
        #expect(count == 0)
    }

    @Test(arguments: versions)
    func aClientThatIsSlowToReadIsNotTheInstancesFault(_ version: ClientPoolConfiguration.Version) async throws {
        let count = try await ejections(version, .long, hasBody: false) { (exchange) async throws(ClientFailure) in
            _ = try await exchange.response()
            // What has come by then is not read before the time is over.
            try? await Task.sleep(for: Self.deadline + .milliseconds(500))
            try await Self.readAll(exchange)
        }
        #expect(count == 0)
    }

    @Test(arguments: versions)
    func anInstanceThatDoesNotAnswerIsToBlame(_ version: ClientPoolConfiguration.Version) async throws {
        let count = try await ejections(version, .late(.seconds(60)), hasBody: false) {
            (exchange) async throws(ClientFailure) in
            _ = try await exchange.response()
        }
        #expect(count == 1)
    }

    @Test(arguments: versions)
    func anInstanceThatDoesNotTakeTheBodyIsToBlame(_ version: ClientPoolConfiguration.Version) async throws {
        let count = try await ejections(version, .late(.seconds(60)), hasBody: true) {
            (exchange) async throws(ClientFailure) in
            let piece = ByteBuffer(repeating: 0x61, count: 1 << 20)
            while true { try await exchange.write(piece) }
        }
        #expect(count == 1)
    }

    @Test(arguments: versions)
    func anInstanceThatDoesNotFinishItsAnswerIsToBlame(_ version: ClientPoolConfiguration.Version) async throws {
        let count = try await ejections(version, .half, hasBody: false) { (exchange) async throws(ClientFailure) in
            try await Self.readAll(exchange)
        }
        #expect(count == 1)
    }
}
