internal import NIOCore
internal import Synchronization

/// Carries what comes out of one tunnel into another, both ways, until both halves have ended or something breaks.
package struct TunnelRelay {
    /// What passed, in bytes, and how it ended.
    package struct Report: Sendable, Equatable {
        package var fromClient = 0
        package var fromUpstream = 0
        /// Why it broke; nil where both sides ended it.
        package var broken: String?
    }

    /// How long the other half may be silent once one has ended.
    private static let halfOpenSilence: Duration = .seconds(10)

    /// - Parameter silence: how long nothing may pass, either way. Any frame of a WebSocket counts, so a ping from
    ///   either side keeps it.
    package static func run(_ client: ServerTunnel, _ upstream: ClientTunnel, silence: Duration) async -> Report {
        upstream.exchange.allowSilence(silence)
        let half = min(silence, halfOpenSilence)
        let end = End()
        async let uploaded = pump(client, upstream, end) { upstream.exchange.allowSilence(half) }
        let downloaded = await pump(upstream, client, end) { upstream.exchange.allowSilence(half) }
        // Nothing comes from the upstream any more; the client must say something, or end its half as well.
        client.giveUp(after: half)
        let report = await Report(fromClient: uploaded, fromUpstream: downloaded, broken: end.reason)
        client.cancel()
        upstream.cancel()
        return report
    }

    /// Why the first of both directions broke: that of the other is a consequence.
    private final class End: Sendable {
        private let first = Mutex<String?>(nil)

        var reason: String? { first.withLock { $0 } }
        func note(_ reason: String) { first.withLock { $0 = $0 ?? reason } }
    }

    /// One direction.
    private static func pump(
        _ source: some Tunnel, _ target: some Tunnel, _ end: End, finished: @Sendable () -> Void
    ) async -> Int {
        var count = 0
        do throws(TunnelBroken) {
            while let bytes = try await source.next() {
                count += bytes.readableBytes
                try await target.write(bytes)
            }
            finished()
            target.finish()
        } catch {
            end.note(error.reason)
            source.cancel()
            target.cancel()
        }
        return count
    }
}
