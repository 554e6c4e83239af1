internal import Glibc
internal import Primitives

/// The network that a client's address belongs to, as limits and bindings count it.
///
/// One person holds a whole IPv6 /64 (RFC 6177), so that counting single addresses would count nothing.
package struct ClientNetwork: Sendable, Hashable {
    /// The IPv4 address, or the IPv6 /64: what attempts are counted by.
    package let narrow: String
    /// The IPv4 /24 or the IPv6 /48: what a client stays in while it moves a little.
    package let wide: String

    /// - Parameter address: as text. What is no address, or none, is one network of its own.
    package init(address: String?) {
        guard let address, let bytes = Self.bytes(of: address) else {
            narrow = "none"
            wide = "none"
            return
        }
        narrow = bytes.count == 4 ? "4:\(Hex.encode(bytes))" : "6:\(Hex.encode(bytes.prefix(8)))"
        wide = bytes.count == 4 ? "4:\(Hex.encode(bytes.prefix(3)))" : "6:\(Hex.encode(bytes.prefix(6)))"
    }

    /// 4 or 16 bytes. IPv4 inside IPv6 (RFC 4291, section 2.5.5.2) is the IPv4 address.
    private static func bytes(of text: String) -> [UInt8]? {
        // A zone (RFC 4007) names an interface of this machine and says nothing of the client.
        let text = String(text.prefix { $0 != "%" })
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        return bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }
}
