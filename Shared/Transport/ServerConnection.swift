internal import HTTP
internal import NIOCore

/// What a listener needs of each of its connections, whatever it speaks. On the loop only.
protocol ServerConnection: AnyObject {
    /// Acts on what has taken too long. Called every `Listener.sweepInterval`.
    func sweep(now: UInt64)
    /// Ends in order: no new request, those in flight finish.
    func drain()
    /// Ends now.
    func close()
}

/// What the connections of one listener on one loop share.
final class ServerContext: Sendable {
    let configuration: ListenerConfiguration
    let handler: any RequestHandler
    let executor: LoopExecutor
    let observer: TransportObserver

    init(configuration: ListenerConfiguration, handler: any RequestHandler, executor: LoopExecutor) {
        self.configuration = configuration
        self.handler = handler
        self.executor = executor
        observer = configuration.observer
    }
}

/// The life of a connection: when it was opened, when it last did something, when it is old.
struct ConnectionClock {
    var lastActive: UInt64
    private let drainAt: UInt64
    private let graceNanoseconds: UInt64
    private let idleNanoseconds: UInt64

    /// Ages are spread by a tenth, so that connections opened together do not all end together.
    init(now: UInt64, _ limits: HTTPLimits, idle: Duration) {
        lastActive = now
        let age = limits.ageMax.nanosecondsClamped
        graceNanoseconds = limits.ageGrace.nanosecondsClamped
        drainAt = now &+ age &- age / 10 &+ UInt64.random(in: 0...max(1, age / 5))
        idleNanoseconds = idle.nanosecondsClamped
    }

    func isOld(_ now: UInt64) -> Bool { now >= drainAt }
    /// Whether answers have gone on for too long on a connection that is old.
    func isOverdue(_ now: UInt64) -> Bool { now >= drainAt && now - drainAt >= graceNanoseconds }
    func isIdle(_ now: UInt64) -> Bool { now >= lastActive && now - lastActive >= idleNanoseconds }
}
