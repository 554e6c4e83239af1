internal import CPostgres
internal import Glibc

/// Readiness of sockets, level-triggered: `PQconsumeInput` does not drain a socket, so that an edge would be missed.
@safe final class Poller {
    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: causewayEpollIn)
        static let write = Interest(rawValue: causewayEpollOut)
        static let edge = Interest(rawValue: causewayEpollEdge)
    }

    private static let eventsMax = 64
    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    init() {
        descriptor = epoll_create1(causewayEpollCloseOnExec)
        precondition(descriptor >= 0, "the process has no free descriptor to start with")
        unsafe events = .allocate(capacity: Self.eventsMax)
    }

    deinit {
        unsafe events.deallocate()
        Glibc.close(descriptor)
    }

    func add(_ socket: Int32, key: UInt64, _ interest: Interest) {
        var event = unsafe causewayEpollEvent(interest.rawValue, key)
        unsafe epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
    }

    func change(_ socket: Int32, key: UInt64, _ interest: Interest) {
        var event = unsafe causewayEpollEvent(interest.rawValue, key)
        unsafe epoll_ctl(descriptor, EPOLL_CTL_MOD, socket, &event)
    }

    /// Must come before the socket is closed.
    func remove(_ socket: Int32) {
        var event = unsafe causewayEpollEvent(0, 0)
        unsafe epoll_ctl(descriptor, EPOLL_CTL_DEL, socket, &event)
    }

    /// Waits, then calls `ready` for each socket with the key it was added under.
    func wait(milliseconds: Int32, _ ready: (UInt64) -> Void) {
        let count = unsafe epoll_wait(descriptor, events, Int32(Self.eventsMax), milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) { unsafe ready(causewayEpollKey(events + index)) }
    }
}
