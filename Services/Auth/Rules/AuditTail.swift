internal import Cryptography
internal import Primitives

/// Where the chain ends: `SEQUENCE:HASH`, the hash in hexadecimal.
package struct AuditTail: Sendable, Hashable, LosslessStringConvertible {
    package let sequence: Int
    package let hash: [UInt8]

    package init(sequence: Int, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let sequence = Int(parts[0]), sequence >= 0,
            let hash = Hex.decode(String(parts[1])), hash.count == SHA256.digestBytes
        else { return nil }
        self.init(sequence: sequence, hash: hash)
    }

    package var description: String { "\(sequence):\(Hex.encode(hash))" }

    package static let empty = AuditTail(sequence: 0, hash: AuditRow.genesis)
}
