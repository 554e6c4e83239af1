internal import HTTP
internal import NIOCore
internal import NIOHTTP1
internal import Primitives
internal import TLS

/// Puts the handlers of one accepted connection in place, after TLS has said which protocol it speaks.
final class ConnectionSetup {
    private let server: ServerContext
    private let visitor: Visitor
    private let connections: LoopConnections
    private let startedAt = Deadline.now
    private var current: (any ServerConnection)?

    init(server: ServerContext, visitor: Visitor, connections: LoopConnections) {
        self.server = server
        self.visitor = visitor
        self.connections = connections
    }

    func start(_ channel: any Channel) throws {
        guard visitor.owesHeader else { return try speak(channel) }
        let handler = ProxyHeaderHandler(
            server.configuration.limits, peer: visitor.client, observer: server.observer
        ) { [self] header in
            if case .refused(let reason) = visitor.introduced(header) {
                server.observer(.refused(reason: reason), from: visitor.client)
                throw Refused()
            }
            try speak(channel)
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        replace(by: handler)
    }

    private struct Refused: Error {}

    private func speak(_ channel: any Channel) throws {
        switch server.configuration.protocols {
        case .http2: try addHTTP2(channel, tls: nil)
        case .http1: try addHTTP1(channel, tls: nil)
        case .tls(let context):
            guard let context = context() else { throw TLSFailure(.configuration, "no certificate") }
            let session = try TLSSession(context: context, serverName: nil)
            let handler = TLSServerHandler(session, server, peer: visitor.client) { [self] session in
                let info = ConnectionInfo.TLSInfo(
                    version: session.version, cipher: session.cipher, serverName: session.serverName,
                    client: context.asksClients ? session.peerIdentity : nil,
                    handshake: Handshake(Deadline.now.since(startedAt)))
                if session.negotiatedProtocol == "h2" || !context.offersHTTP1 {
                    try addHTTP2(channel, tls: info)
                } else {
                    try addHTTP1(channel, tls: info)
                }
            }
            try channel.pipeline.syncOperations.addHandler(handler)
            replace(by: handler)
        }
    }

    func ended() {
        if let current { connections.remove(current) }
        current = nil
    }

    private func addHTTP2(_ channel: any Channel, tls: ConnectionInfo.TLSInfo?) throws {
        let connection = HTTP2ServerConnection(server, info: info(channel, .http2, tls))
        try channel.pipeline.syncOperations.addHandler(connection)
        replace(by: connection)
    }

    private func addHTTP1(_ channel: any Channel, tls: ConnectionInfo.TLSInfo?) throws {
        let limits = server.configuration.limits
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = limits.headerBytesMax
        decoding.maxHeaderListSize = limits.headerBytesMax
        decoding.maxHeaderFieldCount = limits.headerFieldsMax
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding)
        let connection = HTTP1ServerConnection(server, info: info(channel, .http11, tls))
        let operations = channel.pipeline.syncOperations
        try operations.addHandler(HTTP1ByteWatch(connection))
        try operations.addHandler(ByteToMessageHandler(decoder))
        try operations.addHandler(connection)
        replace(by: connection)
    }

    private func info(
        _ channel: any Channel, _ version: ConnectionInfo.HTTPVersion, _ tls: ConnectionInfo.TLSInfo?
    ) -> ConnectionInfo {
        ConnectionInfo(
            peer: visitor.client, localPort: channel.localAddress?.port ?? 0, version: version, tls: tls,
            proxy: visitor.proxy)
    }

    private func replace(by connection: any ServerConnection) {
        ended()
        current = connection
        connections.insert(connection)
    }
}
