internal import HTTP
internal import NIOCore
internal import NIOPosix
package import Primitives
internal import Synchronization

/// Listening sockets and the connections that came through them.
package final class Listener: Sendable {
    package let configuration: ListenerConfiguration
    /// The addresses in fact bound, in the order of the configuration.
    package let addresses: [ListenerConfiguration.Address]

    private let loops: EventLoops
    private let channels: [any Channel]
    private let open: Mutex<[ListeningSocket]>
    private let accepted: OpenConnections
    private let connections: [NIOLoopBound<LoopConnections>]

    /// The port, when there is one for all addresses.
    package var port: Int { addresses.first?.port ?? 0 }

    /// Connections that are open now.
    package var connectionCount: Int { accepted.count }

    /// The listening sockets, to be handed to another process; none once it drains.
    package var sockets: [ListeningSocket] { open.withLock { $0 } }

    /// Binds and starts to accept.
    ///
    /// - Parameter inherited: sockets of another process, of which those are taken that would else be bound.
    package static func start(
        _ configuration: ListenerConfiguration, on loops: EventLoops, handler: any RequestHandler,
        inheriting inherited: [ListeningSocket] = []
    ) async throws(ListenFault) -> Listener {
        let admission = configuration.admission ?? Admission(configuration.limits)
        let accepted = OpenConnections()
        var connections: [NIOLoopBound<LoopConnections>] = []
        for executor in loops.executors {
            let made = try? await executor.loop.submit {
                NIOLoopBound(
                    LoopConnections(executor, interval: configuration.sweepInterval), eventLoop: executor.loop)
            }.get()
            if let made { connections.append(made) }
        }
        let acceptor = Acceptor(
            configuration: configuration, loops: loops, handler: handler, admission: admission, open: accepted,
            connections: connections)
        let (channels, sockets, addresses) = try await acceptor.bindAll(inherited: inherited)
        return Listener(
            configuration: configuration, addresses: addresses, loops: loops, channels: channels, sockets: sockets,
            accepted: accepted, connections: connections)
    }

    private init(
        configuration: ListenerConfiguration, addresses: [ListenerConfiguration.Address], loops: EventLoops,
        channels: [any Channel], sockets: [ListeningSocket], accepted: OpenConnections,
        connections: [NIOLoopBound<LoopConnections>]
    ) {
        self.configuration = configuration
        self.addresses = addresses
        self.loops = loops
        self.channels = channels
        open = Mutex(sockets)
        self.accepted = accepted
        self.connections = connections
    }

    /// Accepts nothing until `resume`; what comes queues. Off the loops.
    func pause() { setAccepting(false) }

    func resume() { setAccepting(true) }

    private func setAccepting(_ accepts: Bool) {
        let changes = channels.map { $0.setOption(.autoRead, value: accepts) }
        for change in changes { try? change.wait() }
    }

    /// Stops accepting, lets requests in flight finish until `deadline`, then closes what is left.
    package func drain(deadline: Deadline) async {
        for channel in channels { try? await channel.close() }
        open.withLock { $0 = [] }
        onEachLoop { $0.drain() }
        let timer = loops.executors[0].loop.scheduleTask(
            in: .nanoseconds(Int64(deadline.remaining.nanosecondsClamped))
        ) { self.onEachLoop { $0.closeAll() } }
        await accepted.empty()
        timer.cancel()
    }

    private func onEachLoop(_ act: @escaping @Sendable (LoopConnections) -> Void) {
        for (executor, bound) in zip(loops.executors, connections) {
            executor.loop.execute { act(bound.value) }
        }
    }
}
