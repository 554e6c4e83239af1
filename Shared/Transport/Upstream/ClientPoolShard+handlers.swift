internal import NIOCore
internal import TLS

extension ClientPoolShard {
    /// Puts what speaks the upstream's HTTP into a new channel.
    func handlers(
        for instance: UpstreamInstance, _ pipeline: ChannelPipeline.SynchronousOperations
    ) throws -> any ClientConnection {
        if let tls = configuration.encryption {
            try pipeline.addHandler(TLSClientHandler(TLSSession(context: tls.context, serverName: tls.name)))
        }
        switch configuration.version {
        case .http2:
            let connection = HTTP2ClientConnection(executor, configuration, shard: self, instance: instance)
            try pipeline.addHandler(connection)
            return connection
        case .http1:
            let connection = HTTP1ClientConnection(executor, configuration, shard: self, instance: instance)
            try pipeline.addHandlers(connection.handlers)
            return connection
        }
    }
}
