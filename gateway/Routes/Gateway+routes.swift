internal import Contract
internal import ServiceKit
internal import Transport

extension Gateway {
    /// The upstreams of the static routes, with their connections.
    func staticUpstreams() async -> [StaticUpstream] {
        var upstreams: [StaticUpstream] = []
        for route in configuration.routes {
            let pool = await ClientPool(pool(route), on: loops)
            let load = UpstreamLoad(requestsMax: configuration.requestsPerUpstreamMax)
            upstreams.append(StaticUpstream(route, configuration.routeLimits, pool, load))
        }
        return upstreams
    }

    private func pool(_ route: StaticRoute) -> ClientPoolConfiguration {
        var pool = configuration.upstream.pool(
            route.places, of: nil, loops: loops,
            observer: telemetry.transportObserver("upstream-\(route.operation)"))
        // What is none of the suite's is told no deadline, and asked nothing that the route does not name.
        pool.deadlineField = nil
        if let path = route.healthPath { pool.healthPath = path } else { pool.healthInterval = nil }
        if route.wire == .http {
            pool.version = .http1
            pool.idleTimeout = configuration.routeLimits.idle
            pool.connectionsPerLoopMax = configuration.routeLimits.connectionsPerLoopMax
        }
        return pool
    }
}
