internal import Glibc
internal import HTTP
internal import NIOCore
internal import NIOPosix
internal import Primitives

/// Binds a listener's sockets and sets up each connection that comes.
struct Acceptor: Sendable {
    let configuration: ListenerConfiguration
    let loops: EventLoops
    let handler: any RequestHandler
    let admission: Admission
    let connections: [NIOLoopBound<LoopConnections>]

    typealias Address = ListenerConfiguration.Address

    private static let reusePort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)

    func bindAll() async throws(ListenFault) -> (sockets: [any Channel], addresses: [Address]) {
        var sockets: [any Channel] = []
        var addresses: [Address] = []
        do throws(ListenFault) {
            for wanted in configuration.addresses {
                var address = wanted
                if address.port == 0, let first = addresses.first { address.port = first.port }
                let rounds = configuration.accept.isSocketPerLoop ? loops.count : 1
                for round in 0..<rounds {
                    let socket = try await bind(address, executor: loops.executors[round])
                    sockets.append(socket)
                    address.port = socket.localAddress?.port ?? address.port
                }
                addresses.append(address)
            }
        } catch {
            for socket in sockets { try? await socket.close() }
            throw error
        }
        return (sockets, addresses)
    }

    private func bind(_ address: Address, executor: LoopExecutor) async throws(ListenFault) -> any Channel {
        let perLoop = configuration.accept.isSocketPerLoop
        var bootstrap = ServerBootstrap(group: executor.loop, childGroup: perLoop ? executor.loop : loops.group)
            .serverChannelOption(.backlog, value: Int32(configuration.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // One read for each wake-up: what is left makes the socket ready again.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                do {
                    try self.setUp(channel)
                    return channel.eventLoop.makeSucceededVoidFuture()
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
        if perLoop { bootstrap = bootstrap.serverChannelOption(.socketOption(Self.reusePort), value: 1) }
        do {
            return try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenFault(address: address, reason: "\(error)")
        }
    }

    private struct Refused: Error {}

    private func setUp(_ channel: any Channel) throws {
        let peer = PeerAddress(channel.remoteAddress)
        if case .refused(let reason) = admission.admit(peer.limitKey) {
            configuration.observer(.refused(reason: reason))
            throw Refused()
        }
        configuration.observer(.accepted)
        let executor = loops.executor(of: channel.eventLoop)
        let connections = connections[loops.index(of: executor)].value
        let server = ServerContext(configuration: configuration, handler: handler, executor: executor)
        let setup = ConnectionSetup(server: server, peer: peer, connections: connections)
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            setup.ended()
            admission.leave(peer.limitKey)
            configuration.observer(.closed)
        }
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
