internal import Primitives

extension PasswordHash {
    private static let phcBytesMax = 256
    private static let tagBytesRange = 16...64

    /// The hash as a PHC string.
    package var phc: String {
        let cost = "m=\(parameters.memoryKiB),t=\(parameters.iterations),p=1"
        return "$argon2id$v=19$\(cost)$\(Self.base64(salt))$\(Self.base64(tag))"
    }

    /// Reads a PHC string in the one spelling that `phc` writes; its own parameters are honoured within
    /// `PasswordParameters`' ranges.
    package init(phc: String) throws(PasswordHashFailure) {
        guard phc.utf8.count <= Self.phcBytesMax else { throw .malformed }
        let fields = phc.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0].isEmpty else { throw .malformed }
        guard fields[1] == "argon2id" else { throw .algorithm }
        guard fields[2] == "v=19" else { throw .version }
        parameters = try Self.parameters(fields[3])
        guard let salt = Self.bytes(base64: fields[4]), let tag = Self.bytes(base64: fields[5]) else {
            throw .malformed
        }
        guard salt.count == Self.saltBytes, Self.tagBytesRange.contains(tag.count) else { throw .length }
        self.salt = salt
        self.tag = tag
    }

    private static func parameters(_ text: Substring) throws(PasswordHashFailure) -> PasswordParameters {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3, let memory = number(fields[0], after: "m="),
            let iterations = number(fields[1], after: "t="), let parallelism = number(fields[2], after: "p=")
        else { throw .malformed }
        guard parallelism == 1, let parameters = PasswordParameters(memoryKiB: memory, iterations: iterations) else {
            throw .cost
        }
        return parameters
    }

    /// A decimal number without sign or leading zeros.
    private static func number(_ text: Substring, after prefix: String) -> Int? {
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        let digits = text.utf8.dropFirst(prefix.utf8.count)
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 9,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// PHC strings use the standard alphabet, where base64url has `-` and `_` for `+` and `/`.
    private static func base64(_ bytes: [UInt8]) -> String {
        let text = Base64URL.encode(bytes).utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(base64 text: Substring) -> [UInt8]? {
        let urlSafe = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "-"), UInt8(ascii: "_"): UInt8(ascii: "=")  // in neither alphabet: refused
            default: byte
            }
        }
        return Base64URL.decode(urlSafe)
    }
}

/// Why a PHC string cannot be used.
package enum PasswordHashFailure: Error, Hashable, Sendable {
    case malformed
    /// Another algorithm than Argon2id.
    case algorithm
    /// Another version than 0x13.
    case version
    /// More memory, more passes or more lanes than are honoured.
    case cost
    /// A salt other than 16 bytes, or a tag outside of 16-64.
    case length
}
