package import HTTP
package import NIOCore

/// A byte stream both ways, which is what an exchange becomes when both sides agree to speak something else than HTTP
/// on it: by `Upgrade` (RFC 9110, section 7.8) or by extended CONNECT (RFC 8441).
///
/// Either half ends by itself. Neither side is read faster than the other one takes it.
package protocol Tunnel: Sendable {
    /// The next bytes; nil where the peer has ended its half.
    func next() async throws(TunnelBroken) -> ByteBuffer?
    /// Waits while the peer takes no more.
    func write(_ bytes: ByteBuffer) async throws(TunnelBroken)
    /// Ends our half.
    func finish()
    /// Breaks both halves off. Any number of times.
    func cancel()
}

/// A tunnel is no more.
package struct TunnelBroken: Error, Equatable, Sendable {
    /// A word for logs.
    package let reason: String
}

/// The tunnel to a client.
package struct ServerTunnel: Tunnel {
    let exchange: ServerExchange

    package func next() async throws(TunnelBroken) -> ByteBuffer? {
        do throws(BodyFailure) { return try await exchange.body.next() } catch {
            throw TunnelBroken(reason: "client: \(error)")
        }
    }

    package func write(_ bytes: ByteBuffer) async throws(TunnelBroken) {
        do throws(BodyFailure) { try await writer.write(bytes) } catch {
            throw TunnelBroken(reason: "client: \(error)")
        }
    }

    package func finish() { writer.finish() }
    package func cancel() { exchange.abort(.cancel) }

    /// Breaks it off once the client has sent nothing for so long.
    func giveUp(after silence: Duration) {
        let received = exchange.inbox.receivedBytes
        exchange.executor.loop.scheduleTask(in: .nanoseconds(Int64(silence.nanosecondsClamped))) {
            guard !exchange.isBroken else { return }
            if exchange.inbox.receivedBytes == received { cancel() } else { giveUp(after: silence) }
        }
    }

    private var writer: ResponseWriter { ResponseWriter(exchange: exchange, discards: false) }
}

/// The tunnel to an upstream that has agreed to it.
package struct ClientTunnel: Tunnel {
    let exchange: ClientExchange

    package init(_ exchange: ClientExchange) { self.exchange = exchange }

    package func next() async throws(TunnelBroken) -> ByteBuffer? {
        do throws(ClientFailure) { return try await exchange.next() } catch { throw Self.broken(error) }
    }

    package func write(_ bytes: ByteBuffer) async throws(TunnelBroken) {
        do throws(ClientFailure) { try await exchange.write(bytes) } catch { throw Self.broken(error) }
    }

    package func finish() { exchange.finish() }
    package func cancel() { exchange.cancel() }

    private static func broken(_ failure: ClientFailure) -> TunnelBroken {
        TunnelBroken(reason: failure.code == .deadlineExceeded ? "idle" : "upstream: \(failure.code)")
    }
}

extension ServerExchange {
    /// Makes a tunnel of an exchange that asks for one (`head.connectProtocol`): the answer is 101, or 200 on HTTP/2.
    ///
    /// - Parameter fields: those of the answer, without `connection` and `upgrade`.
    package func acceptTunnel(_ fields: HeaderFields) -> ServerTunnel {
        executor.preconditionOnLoop()
        guard answer == .none, failure == nil, head.connectProtocol != nil else { return ServerTunnel(exchange: self) }
        answer = .streaming
        isTunnel = true
        becomeLasting()
        wire.beginTunnel(fields, self)
        return ServerTunnel(exchange: self)
    }
}
