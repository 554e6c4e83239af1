internal import HTTP
internal import NIOCore
internal import Primitives

/// Asks every instance of an upstream, round after round, whether it is ready: on the port and the connection that its
/// calls take, since that is what must work. On one loop only.
final class HealthRounds {
    /// Rounds without an answer after which an instance counts as not ready.
    private static let silentMax = 2

    private let shard: ClientPoolShard
    private let configuration: ClientPoolConfiguration
    private let tell: (SocketAddress, Bool) -> Void
    private var probes: [SocketAddress: Probe] = [:]

    /// One question, and what came of it.
    private final class Probe: HTTP2StreamReceiver {
        var stream: HTTP2Stream?
        var connection: HTTP2ClientConnection?
        var status: Int?
        var isReady = true
        var silent = 0

        func received(response head: ResponseHead, ended: Bool) {
            if !head.isInformational { status = head.status }
        }
        func received(body bytes: UnsafeRawBufferPointer) {}
        func received(trailers: HeaderFields) {}
        func receivedEnd() {}
        func outboundDrained() {}
        func closed(_ code: HTTP2ErrorCode) { stream = nil }
    }

    init(
        _ shard: ClientPoolShard, _ configuration: ClientPoolConfiguration,
        tell: @escaping (SocketAddress, Bool) -> Void
    ) {
        self.shard = shard
        self.configuration = configuration
        self.tell = tell
    }

    func next() {
        guard !shard.isClosed else { return }
        shard.connectMissing()
        let present = shard.machine.present.compactMap { shard.instances[$0] }
        let addresses = Set(present.map(\.address))
        for address in probes.keys where !addresses.contains(address) { probes[address] = nil }
        for instance in present {
            let probe = probes[instance.address] ?? Probe()
            probes[instance.address] = probe
            judge(probe, instance)
            ask(probe, instance)
        }
    }

    private func judge(_ probe: Probe, _ instance: UpstreamInstance) {
        if let status = probe.status {
            probe.silent = 0
            note(probe, instance, isReady: status == 200)
        } else if let stream = probe.stream {
            probe.silent += 1
            probe.stream = nil
            stream.receiver = nil
            probe.connection?.reset(stream, .cancel)
            if probe.silent >= Self.silentMax { note(probe, instance, isReady: false) }
        }
        probe.status = nil
    }

    private func note(_ probe: Probe, _ instance: UpstreamInstance, isReady: Bool) {
        guard probe.isReady != isReady else { return }
        probe.isReady = isReady
        configuration.observer(.health(instance.name, isReady: isReady))
        tell(instance.address, isReady)
    }

    private func ask(_ probe: Probe, _ instance: UpstreamInstance) {
        let linked = instance.connections.lazy.compactMap { $0 as? HTTP2ClientConnection }
        guard let connection = linked.first(where: \.hasRoom) else { return }
        let head = RequestHead(authority: configuration.authority, path: configuration.healthPath)
        probe.connection = connection
        probe.stream = connection.probe(head, receiver: probe)
    }
}
