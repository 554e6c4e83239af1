internal import HTTP
internal import NIOCore
internal import NIOPosix
internal import Primitives
internal import Synchronization

/// Keeps what a pool knows of its instances current: looks names up again and again, and asks each instance whether it
/// is ready. On the pool's first loop; the others are told.
final class UpstreamWatch: Sendable {
    typealias Place = ClientPoolConfiguration.Place
    typealias Shard = (executor: LoopExecutor, bound: NIOLoopBound<ClientPoolShard>)

    private struct State {
        /// The last answer for each name.
        var known: [Place: [SocketAddress]] = [:]
        var isLooking = false
        var lookedAt = Deadline(nanoseconds: 0)
        /// Somebody asked for a look that was too soon.
        var isDue = false
        var isStopped = false
        var timers: [RepeatedTask] = []
    }

    /// The shortest time between two looks, however many calls ask for one.
    private static let pause: Duration = .milliseconds(250)

    private let configuration: ClientPoolConfiguration
    private let shards: [Shard]
    private let state = Mutex(State())

    init(_ configuration: ClientPoolConfiguration, shards: [Shard]) {
        self.configuration = configuration
        self.shards = shards
    }

    private var names: [Place] { configuration.places.filter { $0.literal == nil } }

    /// Tells the loops the literal addresses, or begins to look names up.
    func start() async {
        guard let lead = shards.first?.executor.loop else { return }
        if names.isEmpty {
            let addresses = addresses([:])
            for shard in shards {
                try? await shard.executor.loop.submit { shard.bound.value.resolved(addresses) }.get()
            }
        } else {
            let interval = TimeAmount.nanoseconds(Int64(configuration.resolveInterval.nanosecondsClamped))
            let timer = lead.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
                self?.look()
            }
            state.withLock { $0.timers.append(timer) }
            for shard in shards {
                shard.executor.loop.execute {
                    shard.bound.value.lookAgain = { [weak self] in self?.look() }
                }
            }
            look()
        }
        startAsking()
    }

    func stop() {
        let timers = state.withLock { state in
            state.isStopped = true
            return state.timers
        }
        for timer in timers { timer.cancel() }
    }

    private func startAsking() {
        guard let lead = shards.first, let interval = configuration.healthInterval, interval > .zero else { return }
        let shards = shards
        let configuration = configuration
        lead.executor.loop.execute {
            let rounds = HealthRounds(lead.bound.value, configuration, every: interval) { address, isReady in
                for shard in shards {
                    shard.executor.loop.execute { shard.bound.value.heard(address, isReady: isReady) }
                }
            }
            let bound = NIOLoopBound(rounds, eventLoop: lead.executor.loop)
            let every = TimeAmount.nanoseconds(Int64(interval.nanosecondsClamped))
            let timer = lead.executor.loop.scheduleRepeatedTask(initialDelay: every, delay: every) { _ in
                bound.value.next()
            }
            let isStopped = self.state.withLock { state in
                state.timers.append(timer)
                return state.isStopped
            }
            if isStopped { timer.cancel() }
        }
    }

    /// One look at a time, on a thread that may block.
    private func look() {
        guard mayLook(), let lead = shards.first?.executor.loop else { return }
        let names = names
        let lookUp = configuration.lookUp
        NIOThreadPool.singleton.runIfActive(eventLoop: lead) {
            names.map { ($0, lookUp($0.host, $0.port)) }
        }.whenComplete { [weak self] result in self?.found((try? result.get()) ?? []) }
    }

    private func mayLook() -> Bool {
        state.withLock { state in
            if state.isStopped { return false }
            if state.isLooking || !state.lookedAt.advanced(by: Self.pause).hasPassed {
                if !state.isDue { lookLater() }
                state.isDue = true
                return false
            }
            state.isLooking = true
            state.isDue = false
            state.lookedAt = .now
            return true
        }
    }

    private func lookLater() {
        let pause = TimeAmount.nanoseconds(Int64(Self.pause.nanosecondsClamped))
        shards.first?.executor.loop.scheduleTask(in: pause) { [weak self] in
            self?.state.withLock { $0.isDue = false }
            self?.look()
        }
    }

    private func found(_ answers: [(Place, [SocketAddress])]) {
        let known = state.withLock { state in
            state.isLooking = false
            // A name that nobody knows just now has the addresses that it had.
            for (place, addresses) in answers where !addresses.isEmpty { state.known[place] = addresses }
            return state.known
        }
        let all = addresses(known)
        for shard in shards { shard.executor.loop.execute { shard.bound.value.resolved(all.isEmpty ? nil : all) } }
    }

    private func addresses(_ known: [Place: [SocketAddress]]) -> [SocketAddress] {
        var all: [SocketAddress] = []
        for place in configuration.places {
            for address in place.literal.map({ [$0] }) ?? known[place] ?? [] where !all.contains(address) {
                all.append(address)
            }
        }
        // The machine leaves those out; told at each look, for as long as it is so.
        if all.count > configuration.balance.instancesMax {
            configuration.observer(.limited(reason: "upstream-addresses"))
        }
        return all
    }
}

extension ClientPoolConfiguration.Place {
    /// The address, where the host is none that must be looked up.
    var literal: SocketAddress? { try? SocketAddress(ipAddress: host, port: port) }
}
