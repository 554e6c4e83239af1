internal import Foundation
internal import Synchronization

/// Ports for servers that take no port 0. They are below those that the system gives to clients, so that no outgoing
/// connection takes one between the look and the start.
package enum FreePorts {
    private static let range = 20_000..<32_000
    private static let next = Mutex(Int.random(in: 20_000..<32_000))

    package struct NoneLeft: Error {}

    /// Ports that nobody listens on, and that this process is not given again for a long while.
    package static func take(_ count: Int) throws -> [Int] {
        try next.withLock { next in
            var ports: [Int] = []
            for _ in range where ports.count < count {
                next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
                if isFree(next) { ports.append(next) }
            }
            guard ports.count == count else { throw NoneLeft() }
            return ports
        }
    }

    /// Whether all addresses, of IPv6 and of IPv4, may be bound.
    private static func isFree(_ port: Int) -> Bool {
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = UInt16(port).bigEndian
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = UInt16(port).bigEndian
        return canBind(&four, AF_INET) && (canBind(&six, AF_INET6) || errno == EAFNOSUPPORT)
    }

    private static func canBind<Address>(_ address: inout Address, _ family: Int32) -> Bool {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
    }
}
