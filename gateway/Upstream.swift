internal import Contract
internal import Transport

/// One service behind the gateway: the connections to it, and what the gateway proves itself with.
struct Upstream: CallTarget {
    let pool: ClientPool
    let load: UpstreamLoad
    let stamps: ContextStamps
}

/// The services behind the gateway.
struct Upstreams: Sendable {
    let auth: Upstream
    let user: Upstream
    let content: Upstream
    /// How long a call that may be repeated waits while no instance of its service takes calls.
    let patience: Duration

    subscript(service: ServiceName) -> Upstream {
        switch service {
        case .auth: auth
        case .user: user
        case .content: content
        case .gateway: preconditionFailure("the gateway has no contract of its own")
        }
    }
}
