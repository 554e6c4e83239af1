internal import Glibc
internal import NIOCore

/// All addresses of a name, from whatever the system asks (`/etc/hosts`, DNS). Blocks.
enum HostLookup {
    /// IPv4 where there is any: a host that has both is one instance and must not count as two.
    static func addresses(of host: String, port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &first) == 0, let first = unsafe first else { return [] }
        defer { unsafe freeaddrinfo(first) }
        var four: [SocketAddress] = []
        var six: [SocketAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe next?.pointee {
            unsafe next = entry.ai_next
            guard let text = unsafe Self.text(of: entry), let address = try? SocketAddress(ipAddress: text, port: port)
            else { continue }
            if entry.ai_family == AF_INET { four.append(address) } else { six.append(address) }
        }
        return four.isEmpty ? six : four
    }

    /// The address in digits; nil where it is neither of IPv4 nor of IPv6.
    private static func text(of entry: addrinfo) -> String? {
        guard entry.ai_family == AF_INET || entry.ai_family == AF_INET6 else { return nil }
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            let count = socklen_t(buffer.count)
            let code = unsafe getnameinfo(
                entry.ai_addr, entry.ai_addrlen, buffer.baseAddress, count, nil, 0, NI_NUMERICHOST)
            return unsafe code == 0 ? buffer.baseAddress.map { unsafe String(cString: $0) } : nil
        }
    }
}
