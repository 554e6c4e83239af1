internal import Glibc

/// Addresses that begin with the same bits: `192.0.2.0/24`, `2001:db8::/32`, or one address alone (RFC 4632, section
/// 3.1; RFC 4291, section 2.3).
package struct AddressRange: Sendable, Hashable, LosslessStringConvertible {
    /// Four bytes or sixteen; those behind the prefix are zero.
    private let network: [UInt8]
    /// Leading bits that all its addresses share.
    package let prefixBits: Int
    package let description: String

    /// Nil for what is no range, and for one whose address has bits behind its prefix: most often that is a slip. IPv4
    /// addresses inside IPv6 are none either: clients are known by the IPv4 address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let network = Self.bytes(of: String(first)) else { return nil }
        var prefixBits = network.count * 8
        if parts.count == 2 {
            guard let bits = Int(parts[1]), String(bits) == parts[1], (0...prefixBits).contains(bits) else {
                return nil
            }
            prefixBits = bits
        }
        guard !Self.isMapped(network) else { return nil }
        self.network = network
        self.prefixBits = prefixBits
        description = text
        guard Self.number(network) & hostMask == 0 else { return nil }
    }

    package var isIPv4: Bool { network.count == 4 }

    /// Its addresses as numbers.
    package var numbers: ClosedRange<UInt128> {
        let first = Self.number(network)
        return first...(first | hostMask)
    }

    /// - Parameter address: four bytes or sixteen; an address of the other family is not in the range.
    package func contains(_ address: [UInt8]) -> Bool {
        address.count == network.count && numbers.contains(Self.number(address))
    }

    /// The bytes of an address as text; nil where it is none.
    package static func bytes(of text: String) -> [UInt8]? {
        // Room for the longer of the two.
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }

    /// Whether the bytes are an IPv4 address inside IPv6 (RFC 4291, section 2.5.5.2).
    package static func isMapped(_ bytes: [UInt8]) -> Bool {
        bytes.count == 16 && bytes.prefix(12).elementsEqual(mappedPrefix)
    }

    package static func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }

    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]

    /// The bits behind the prefix.
    private var hostMask: UInt128 {
        let bits = network.count * 8 - prefixBits
        return bits == 128 ? .max : (1 << UInt128(bits)) - 1
    }
}
