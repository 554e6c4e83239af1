internal import Glibc
internal import HTTP
internal import NIOCore
internal import NIOPosix
internal import Primitives

/// Binds a listener's sockets and sets up each connection that comes.
final class Acceptor: Sendable {
    typealias Address = ListenerConfiguration.Address

    private let configuration: ListenerConfiguration
    private let loops: EventLoops
    private let admission: Admission
    private let open: OpenConnections
    /// What the connections of each loop share, and who they are.
    private let servers: [ServerContext]
    private let connections: [NIOLoopBound<LoopConnections>]

    init(
        configuration: ListenerConfiguration, loops: EventLoops, handler: any RequestHandler, admission: Admission,
        open: OpenConnections, connections: [NIOLoopBound<LoopConnections>]
    ) {
        self.configuration = configuration
        self.loops = loops
        self.admission = admission
        self.open = open
        self.connections = connections
        servers = loops.executors.map {
            ServerContext(configuration: configuration, handler: handler, executor: $0)
        }
    }

    /// - Parameter inherited: sockets of another process: those that are wanted here are all served, however many loops
    ///   there are, since a socket that nobody serves would keep what the kernel gives to it waiting.
    func bindAll(
        inherited: [ListeningSocket]
    ) async throws(ListenFault) -> (channels: [any Channel], sockets: [ListeningSocket], addresses: [Address]) {
        var channels: [any Channel] = []
        var sockets: [ListeningSocket] = []
        var addresses: [Address] = []
        do throws(ListenFault) {
            for wanted in configuration.addresses {
                var address = wanted
                if address.port == 0, let first = addresses.first { address.port = first.port }
                let taken = inherited.serving(address)
                let rounds = configuration.accept.isSocketPerLoop ? loops.count : 1
                for round in 0..<max(rounds, taken.count) {
                    let socket = round < taken.count ? taken[round] : try bind(address)
                    channels.append(
                        try await accept(on: socket, address, executor: loops.executors[round % loops.count]))
                    sockets.append(socket)
                    address.port = socket.port
                }
                addresses.append(address)
            }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        return (channels, sockets, addresses)
    }

    private func bind(_ address: Address) throws(ListenFault) -> ListeningSocket {
        do throws(SystemFault) {
            return try ListeningSocket(binding: try address.resolved, isShared: configuration.accept.isSocketPerLoop)
        } catch {
            throw ListenFault(address: address, reason: "\(error)")
        }
    }

    private func accept(
        on socket: ListeningSocket, _ address: Address, executor: LoopExecutor
    ) async throws(ListenFault) -> any Channel {
        let perLoop = configuration.accept.isSocketPerLoop
        let bootstrap = ServerBootstrap(group: executor.loop, childGroup: perLoop ? executor.loop : loops.group)
            .childChannelInitializer { channel in
                do {
                    try self.setUp(channel)
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
        do {
            let channel = try await bootstrap.withBoundSocket(socket.duplicate()).get()
            // The library's own number would let few wait.
            try socket.listen(backlog: configuration.backlog)
            return channel
        } catch {
            throw ListenFault(address: address, reason: "\(error)")
        }
    }

    private struct Refused: Error {}

    private func setUp(_ channel: any Channel) throws {
        let visitor = Visitor(PeerAddress(channel.remoteAddress), configuration.door, admission)
        if case .refused(let reason) = visitor.enter() {
            configuration.observer(.refused(reason: reason), from: visitor.client)
            throw Refused()
        }
        open.opened()
        configuration.observer(.accepted)
        let index = loops.index(of: loops.executor(of: channel.eventLoop))
        let setup = ConnectionSetup(server: servers[index], visitor: visitor, connections: connections[index].value)
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            setup.ended()
            visitor.leave()
            open.closed()
            configuration.observer(.closed)
        }
        // Not by the bootstrap, which makes promises for them.
        let options = channel.syncOptions
        try options?.setOption(.tcpOption(.tcp_nodelay), value: 1)
        // One read for each wake-up: what is left makes the socket ready again.
        try options?.setOption(.maxMessagesPerRead, value: 1)
        try setup.start(channel)
    }
}

extension ListenerConfiguration.Accept {
    var isSocketPerLoop: Bool {
        switch self {
        case .socketPerLoop: true
        case .inTurn: false
        }
    }
}

extension ListenerConfiguration.Address {
    /// What a socket is bound to.
    var resolved: SocketAddress {
        get throws(SystemFault) {
            do { return try SocketAddress.makeAddressResolvingHost(host, port: port) } catch {
                throw SystemFault(call: "\(error)", code: EADDRNOTAVAIL)
            }
        }
    }
}

extension [ListeningSocket] {
    /// Those that somebody who wants to listen there would bind: of a port that may be any, all of the first such port.
    fileprivate func serving(_ address: ListenerConfiguration.Address) -> [ListeningSocket] {
        guard !isEmpty, let wanted = try? address.resolved else { return [] }
        let fitting = filter { $0.serves(wanted) }
        return fitting.filter { $0.port == fitting[0].port }
    }
}
