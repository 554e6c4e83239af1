package import HTTP
package import NIOCore
package import Primitives

/// The connections to one upstream: each loop has its own, made when first needed.
package final class ClientPool: Sendable {
    package let configuration: ClientPoolConfiguration
    private let loops: EventLoops
    private let shards: [NIOLoopBound<ClientPoolShard>]

    package init(_ configuration: ClientPoolConfiguration, on loops: EventLoops) async {
        self.configuration = configuration
        self.loops = loops
        var shards: [NIOLoopBound<ClientPoolShard>] = []
        for executor in loops.executors {
            let made = try? await executor.loop.submit {
                NIOLoopBound(ClientPoolShard(executor, configuration), eventLoop: executor.loop)
            }.get()
            if let made { shards.append(made) }
        }
        self.shards = shards
    }

    /// Opens a request; call it on one of the loops, where the exchange then stays.
    ///
    /// - Parameters:
    ///   - head: an empty authority becomes the endpoint's.
    ///   - hasBody: the body follows by `write` and `finish`.
    package func open(
        _ head: RequestHead, hasBody: Bool, deadline: Deadline
    ) async throws(ClientFailure) -> ClientExchange {
        try await open(head, body: nil, ends: !hasBody, deadline: deadline)
    }

    /// A whole request and its whole answer, from any thread.
    package func send(
        _ head: RequestHead, body: ByteBuffer? = nil, responseBodyMax: Int, deadline: Deadline
    ) async throws(ClientFailure) -> (ResponseHead, ByteBuffer) {
        if loops.current != nil {
            return try await exchange(head, body, responseBodyMax, deadline)
        }
        return try await loops.run { () async throws(ClientFailure) in
            try await self.exchange(head, body, responseBodyMax, deadline)
        }
    }

    /// No new call; those in flight may go on until `deadline`.
    package func close(deadline: Deadline) async {
        for (executor, shard) in zip(loops.executors, shards) {
            executor.loop.execute { shard.value.close() }
            executor.loop.scheduleTask(in: .nanoseconds(Int64(deadline.remaining.nanosecondsClamped))) {
                shard.value.closeAll()
            }
        }
    }

    private func open(
        _ head: RequestHead, body: ByteBuffer?, ends: Bool, deadline: Deadline
    ) async throws(ClientFailure) -> ClientExchange {
        guard let executor = loops.current else { preconditionFailure("opened outside of the event loops") }
        var head = head
        if head.authority.isEmpty { head.authority = configuration.authority }
        let shard = shards[loops.index(of: executor)].value
        if let exchange = shard.openNow(head, body: body, ends: ends, deadline: deadline) { return exchange }
        return try await shard.open(head, body: body, ends: ends, deadline: deadline)
    }

    private func exchange(
        _ head: RequestHead, _ body: ByteBuffer?, _ responseBodyMax: Int, _ deadline: Deadline
    ) async throws(ClientFailure) -> (ResponseHead, ByteBuffer) {
        var head = head
        if let body, !head.fields.contains("content-length") {
            head.fields.append("content-length", body.readableBytes)
        }
        let exchange = try await open(head, body: body, ends: true, deadline: deadline)
        defer { exchange.cancel() }
        let response = try await exchange.response()
        if let length = response.contentLength, length > responseBodyMax, head.method != .head {
            throw ClientFailure(.tooLarge)
        }
        var all = ByteBuffer()
        while let bytes = try await exchange.next() {
            guard all.readableBytes + bytes.readableBytes <= responseBodyMax else { throw ClientFailure(.tooLarge) }
            if all.readableBytes == 0 { all = bytes } else { all.writeImmutableBuffer(bytes) }
        }
        return (response, all)
    }
}
