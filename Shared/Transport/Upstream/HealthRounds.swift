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
    private let interval: Duration
    private let tell: (SocketAddress, Bool) -> Void
    private var probes: [SocketAddress: Probe] = [:]

    /// What one instance is asked, and what came of it.
    private final class Probe {
        /// The question of this round.
        var exchange: ClientExchange?
        /// It could not be asked in this round, for want of a connection that has room.
        var isDue = false
        var isReady = true
        var silent = 0
    }

    init(
        _ shard: ClientPoolShard, _ configuration: ClientPoolConfiguration, every interval: Duration,
        tell: @escaping (SocketAddress, Bool) -> Void
    ) {
        self.shard = shard
        self.configuration = configuration
        self.interval = interval
        self.tell = tell
        shard.becameReady = { [weak self] instance in
            guard let self, let probe = probes[instance.address], probe.isDue else { return }
            ask(probe, instance)
        }
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
        guard let exchange = probe.exchange else { return }
        probe.exchange = nil
        let (status, isLost) = (exchange.head?.status, exchange.failure != nil)
        // What is left of the answer is nobody's.
        exchange.cancel()
        if let status {
            probe.silent = 0
            note(probe, instance, isReady: (200..<300).contains(status))
        } else if !isLost {
            probe.silent += 1
            if probe.silent >= Self.silentMax { note(probe, instance, isReady: false) }
        }
    }

    private func note(_ probe: Probe, _ instance: UpstreamInstance, isReady: Bool) {
        guard probe.isReady != isReady else { return }
        probe.isReady = isReady
        configuration.observer(.health(instance.name, isReady: isReady))
        tell(instance.address, isReady)
    }

    private func ask(_ probe: Probe, _ instance: UpstreamInstance) {
        let head = RequestHead(authority: configuration.authority, path: configuration.healthPath)
        // The round ends before that.
        let call = ClientCall(head, deadline: .after(interval * 2))
        probe.exchange = instance.open(call, ends: true)
        probe.exchange?.isProbe = true
        probe.isDue = probe.exchange == nil
        // On HTTP/1.1 every connection may be at work, for as long as its answers last.
        if probe.isDue, instance.isLinked { shard.connectFurther(instance) }
    }
}
