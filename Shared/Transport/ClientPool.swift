package import HTTP
package import NIOCore
package import Primitives

/// The connections to one upstream: each loop has its own, made when first needed.
package final class ClientPool: Sendable {
    package let configuration: ClientPoolConfiguration
    private let loops: EventLoops
    private let shards: [NIOLoopBound<ClientPoolShard>]
    private let watch: UpstreamWatch
    private let authority: String

    package init(_ configuration: ClientPoolConfiguration, on loops: EventLoops) async {
        self.configuration = configuration
        self.loops = loops
        authority = configuration.authority
        var shards: [NIOLoopBound<ClientPoolShard>] = []
        for executor in loops.executors {
            let made = try? await executor.loop.submit {
                NIOLoopBound(ClientPoolShard(executor, configuration), eventLoop: executor.loop)
            }.get()
            if let made { shards.append(made) }
        }
        self.shards = shards
        watch = UpstreamWatch(configuration, shards: Array(zip(loops.executors, shards)))
        await watch.start()
    }

    /// Opens a request whose body follows; call it on one of the loops, where the exchange then stays.
    ///
    /// - Parameters:
    ///   - call: without its body, which is not kept, so that the call is not sent again.
    ///   - isAgain: whether `mayOpenAgain` has allowed it.
    package func open(
        _ call: ClientCall, hasBody: Bool, isAgain: Bool = false
    ) async throws(ClientFailure) -> ClientExchange {
        let shard = shardHere
        if !isAgain { shard.budget.noteCall() }
        let call = addressed(call)
        if let exchange = shard.openNow(call, ends: !hasBody) { return exchange }
        return try await shard.openLater(call, ends: !hasBody)
    }

    /// Whether a call that was opened and has failed may be opened once more, within the budget of its upstream; that
    /// is counted.
    ///
    /// - Parameter attempts: how often it was opened.
    package func mayOpenAgain(_ call: ClientCall, after failure: ClientFailure, attempts: Int) -> Bool {
        shardHere.mayRetry(call, after: failure, attempts: attempts)
    }

    /// Sends a request, to another instance or again where that does no harm and may help, until its answer has come as
    /// far as `reading` says. On one of the loops, where the exchange then stays.
    package func ask(_ call: ClientCall, reading: AnswerReading) async throws(ClientFailure) -> ClientAnswer {
        let shard = shardHere
        shard.budget.noteCall()
        var call = addressed(call)
        var attempts = 0
        var failed: Int?
        while true {
            attempts += 1
            let pause: Duration
            do throws(ClientFailure) {
                let answer = try await attempt(call, reading, shard, &failed)
                guard attempts > 1, shard.mayRetry(call, answered: answer.head.status, attempts: attempts) else {
                    return answer
                }
                answer.exchange.cancel()
                pause = shard.pause(attempts: attempts)
            } catch {
                guard shard.mayRetry(call, after: error, attempts: attempts) else { throw error }
                // Another instance is asked at once.
                pause = shard.hasOther(than: failed) ? .zero : shard.pause(attempts: attempts)
            }
            if pause > .zero { try? await Task.sleep(for: pause) }
            call.stampDeadline(in: configuration.deadlineField)
        }
    }

    /// A whole request and its whole answer, from any thread.
    package func send(
        _ call: ClientCall, responseBodyMax: Int
    ) async throws(ClientFailure) -> (ResponseHead, ByteBuffer) {
        if loops.current != nil { return try await askWhole(call, responseBodyMax) }
        return try await loops.run { () async throws(ClientFailure) in
            try await self.askWhole(call, responseBodyMax)
        }
    }

    /// No new call; those in flight may go on until `deadline`.
    package func close(deadline: Deadline) async {
        watch.stop()
        for (executor, shard) in zip(loops.executors, shards) {
            executor.loop.execute { shard.value.close() }
            executor.loop.scheduleTask(in: .nanoseconds(Int64(deadline.remaining.nanosecondsClamped))) {
                shard.value.closeAll()
            }
        }
    }

    private var shardHere: ClientPoolShard {
        guard let executor = loops.current else { preconditionFailure("opened outside of the event loops") }
        return shards[loops.index(of: executor)].value
    }

    /// An empty authority becomes the upstream's.
    private func addressed(_ call: ClientCall) -> ClientCall {
        guard call.head.authority.isEmpty else { return call }
        var call = call
        call.head.authority = authority
        return call
    }

    private func askWhole(_ call: ClientCall, _ bytesMax: Int) async throws(ClientFailure) -> (ResponseHead, ByteBuffer)
    {
        var call = call
        if let body = call.body, !call.head.fields.contains("content-length") {
            call.head.fields.append("content-length", body.readableBytes)
        }
        let answer = try await ask(call, reading: .whole(bytesMax: bytesMax))
        return (answer.head, answer.body ?? ByteBuffer())
    }

    private func attempt(
        _ call: ClientCall, _ reading: AnswerReading, _ shard: ClientPoolShard, _ failed: inout Int?
    ) async throws(ClientFailure) -> ClientAnswer {
        let exchange: ClientExchange
        let ends = call.trailers == nil
        if let now = shard.openNow(call, ends: ends, other: failed) {
            exchange = now
        } else {
            exchange = try await shard.openLater(call, ends: ends, other: failed)
        }
        if let trailers = call.trailers { exchange.finish(trailers: trailers) }
        do throws(ClientFailure) {
            let head = try await exchange.response()
            let body = try await exchange.read(head, reading, isHead: call.head.method == .head)
            return ClientAnswer(head: head, body: body, exchange: exchange)
        } catch {
            // Only one that failed: one that says that the call is still on its way has answered.
            failed = exchange.connection.instance.slot
            exchange.cancel()
            throw error
        }
    }
}

extension ClientExchange {
    /// The body as far as `reading` wants it; nil where it is left to be read.
    fileprivate func read(
        _ head: ResponseHead, _ reading: AnswerReading, isHead: Bool
    ) async throws(ClientFailure) -> ByteBuffer? {
        let bytesMax: Int
        switch reading {
        case .declared(let max):
            guard !isHead, !head.forbidsBody, let length = head.contentLength, length <= max else { return nil }
            bytesMax = max
        case .whole(let max):
            if let length = head.contentLength, length > max, !isHead { throw ClientFailure(.tooLarge) }
            bytesMax = max
        }
        var all = try await next() ?? ByteBuffer()
        while let bytes = try await next() {
            guard all.readableBytes + bytes.readableBytes <= bytesMax else { throw ClientFailure(.tooLarge) }
            all.writeImmutableBuffer(bytes)
        }
        guard all.readableBytes <= bytesMax else { throw ClientFailure(.tooLarge) }
        return all
    }
}
