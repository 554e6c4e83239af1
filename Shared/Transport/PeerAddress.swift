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
        let text = address?.ipAddress ?? ""
        let port = address?.port ?? 0
        let bytes = Self.parse(text)
        if bytes.count == 16, bytes.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [255, 255]) {
            let four = Array(bytes.suffix(4))
            self.init(bytes: four, text: four.map { String($0) }.joined(separator: "."), port: port)
        } else {
            self.init(bytes: bytes, text: text, port: port)
        }
    }

    /// The bytes of a textual address; empty when it is none.
    private static func parse(_ text: String) -> [UInt8] {
        // Room for the longer of the two.
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return bytes }
        return []
    }

    /// What limits per client count by: the address, for IPv6 its /64.
    package var limitKey: [UInt8] { bytes.count == 16 ? Array(bytes.prefix(8)) : bytes }
}
