internal import Glibc
internal import NIOCore

/// A TCP socket that listens, bound here or taken over from another process. It stays open while anyone refers to it,
/// so that it can be handed on: what has queued on it is lost only when its last descriptor in any process is closed.
package final class ListeningSocket: Sendable {
    let descriptor: Int32
    let address: SocketAddress

    package var port: Int { address.port ?? 0 }

    /// Binds one.
    ///
    /// - Parameter isShared: whether other sockets may be bound to the same port (SO_REUSEPORT).
    init(binding wanted: SocketAddress, isShared: Bool) throws(SystemFault) {
        descriptor = try SystemFault.check("socket") {
            socket(wanted.protocol == .inet6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Self.flags, 0)
        }
        do throws(SystemFault) {
            try Self.allow(SO_REUSEADDR, descriptor)
            if isShared { try Self.allow(SO_REUSEPORT, descriptor) }
            let descriptor = descriptor
            try SystemFault.check("bind") { wanted.withSockAddr { bind(descriptor, $0, socklen_t($1)) } }
            address = try Self.address(of: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Takes a descriptor over; closes it where it is no listening TCP socket.
    init(takingOver descriptor: Int32) throws(SystemFault) {
        self.descriptor = descriptor
        do throws(SystemFault) {
            var isListening: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            try SystemFault.check("getsockopt") {
                getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &length)
            }
            guard isListening != 0 else { throw SystemFault(call: "getsockopt", code: EINVAL) }
            address = try Self.address(of: descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// A second descriptor of the same socket, whose owner closes it.
    func duplicate() throws(SystemFault) -> Int32 {
        try SystemFault.check("dup") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    }

    /// Sets how many connections may wait to be accepted; on a socket that listens already, too.
    func listen(backlog: Int) throws(SystemFault) {
        try SystemFault.check("listen") { Glibc.listen(descriptor, Int32(clamping: backlog)) }
    }

    /// Whether it is what somebody who wants to listen there would bind; port 0 is any.
    func serves(_ wanted: SocketAddress) -> Bool {
        var here = address
        if wanted.port == 0 { here.port = 0 }
        return here == wanted
    }

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static func allow(_ option: Int32, _ descriptor: Int32) throws(SystemFault) {
        var on: Int32 = 1
        try SystemFault.check("setsockopt") {
            setsockopt(descriptor, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    private static func address(of descriptor: Int32) throws(SystemFault) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try SystemFault.check("getsockname") {
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
        }
        let family = Int32(storage.ss_family)
        return try withUnsafePointer(to: &storage) { pointer throws(SystemFault) in
            switch family {
            case AF_INET: pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case AF_INET6: pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: throw SystemFault(call: "getsockname", code: EAFNOSUPPORT)
            }
        }
    }
}

/// A call of the system that failed.
struct SystemFault: Error, Equatable, CustomStringConvertible {
    let call: String
    let code: Int32

    var description: String { "\(call): \(String(cString: strerror(code)))" }

    /// - Returns: what the call returned, where that is not negative.
    @discardableResult
    static func check(_ call: String, _ run: () -> Int32) throws(SystemFault) -> Int32 {
        while true {
            let result = run()
            if result >= 0 { return result }
            if errno != EINTR { throw SystemFault(call: call, code: errno) }
        }
    }
}
