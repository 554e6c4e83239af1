internal import Glibc
internal import NIOCore
internal import Primitives

/// An IP address and port. An IPv4 address mapped into IPv6 counts as IPv4.
package struct PeerAddress: Sendable, Hashable {
    /// Four bytes or sixteen.
    package let bytes: [UInt8]
    /// Without the port: `192.0.2.1`, `2001:db8::1`.
    package let text: String
    package let port: Int
    /// `limitKey` as limits that are counted elsewhere name it, made once for all requests of a connection.
    package let limitSubject: String

    package init(bytes: [UInt8], text: String, port: Int) {
        self.bytes = bytes
        limitSubject = "address:" + Hex.encode(Self.limitBytes(of: bytes))
        self.text = text
        self.port = port
    }

    /// As seen on a socket.
    init(_ address: SocketAddress?) {
        let (bytes, port) = (address?.addressBytes ?? [], address?.port ?? 0)
        self = PeerAddress(bytes: bytes, port: port) ?? PeerAddress(bytes: [], text: "", port: port)
    }

    /// An address in its textual form, without brackets or port; nil where `text` is none.
    package init?(text: String, port: Int = 0) {
        guard let bytes = AddressRange.bytes(of: text) else { return nil }
        self.init(bytes: bytes, port: port)
    }

    /// Four bytes or sixteen in the network's order.
    init?(bytes: [UInt8], port: Int) {
        let bytes = AddressRange.isMapped(bytes) ? Array(bytes.suffix(4)) : bytes
        guard let text = Self.text(of: bytes) else { return nil }
        self.init(bytes: bytes, text: text, port: port)
    }

    private static func text(of bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4:
            var text: [UInt8] = []
            text.append(addingCapacity: Int(INET_ADDRSTRLEN)) { text in
                for (index, byte) in bytes.enumerated() {
                    if index > 0 { text.append(UInt8(ascii: ".")) }
                    text.append(decimal: Int64(byte))
                }
            }
            return String(decoding: text, as: UTF8.self)
        case 16:
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return nil }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        default: return nil
        }
    }

    /// What limits per client count by: the address, for IPv6 its /64.
    package var limitKey: [UInt8] { Array(limitBytes) }

    /// `limitKey`, without making one.
    package var limitBytes: ArraySlice<UInt8> { Self.limitBytes(of: bytes) }

    private static func limitBytes(of bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.count == 16 ? bytes.prefix(8) : bytes[...]
    }
}

extension SocketAddress {
    /// The address in the network's order, without a text between: behind family and port, which are two bytes each,
    /// and in IPv6 behind the four of the flow, too.
    fileprivate var addressBytes: [UInt8] {
        let place =
            switch self {
            case .v4: 4..<8
            case .v6: 8..<24
            case .unixDomainSocket: 0..<0
            }
        return withSockAddr { address, size in Array(UnsafeRawBufferPointer(start: address, count: size)[place]) }
    }
}
