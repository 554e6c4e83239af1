internal import Glibc
internal import NIOCore

/// An IP address and port as seen on the socket. An IPv4 address mapped into IPv6 counts as IPv4.
package struct PeerAddress: Sendable, Hashable {
    /// Four bytes or sixteen.
    package let bytes: [UInt8]
    /// Without the port: `192.0.2.1`, `2001:db8::1`.
    package let text: String
    package let port: Int

    package init(bytes: [UInt8], text: String, port: Int) {
        self.bytes = bytes
        self.text = text
        self.port = port
    }

    init(_ address: SocketAddress?) {
        switch address {
        case .v4(let inner):
            self.init(bytes: withUnsafeBytes(of: inner.address.sin_addr) { Array($0) }, address)
        case .v6(let inner):
            let all = withUnsafeBytes(of: inner.address.sin6_addr) { Array($0) }
            let mapped = all.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [255, 255])
            if mapped {
                let four = Array(all.suffix(4))
                self.init(bytes: four, text: four.map(String.init).joined(separator: "."), port: address?.port ?? 0)
            } else {
                self.init(bytes: all, address)
            }
        case .unixDomainSocket, nil:
            self.init(bytes: [], text: "", port: 0)
        }
    }

    private init(bytes: [UInt8], _ address: SocketAddress?) {
        self.init(bytes: bytes, text: address?.ipAddress ?? "", port: address?.port ?? 0)
    }

    /// What limits per client count by: the address, for IPv6 its /64.
    package var limitKey: [UInt8] { bytes.count == 16 ? Array(bytes.prefix(8)) : bytes }
}
