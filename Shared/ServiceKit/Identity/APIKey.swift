internal import Cryptography
package import Primitives

/// An API key: `cwk_<environment>_<prefix><secret><checksum>`.
///
/// | part | meaning |
/// |---|---|
/// | environment | lower-case letters, so that a key of a trial is seen for one at a glance |
/// | prefix | 8 digits of base 62 by which people tell keys apart; shown in lists |
/// | secret | 43 digits of base 62: 256 bits |
/// | checksum | 6 digits of base 62: CRC-32 of all before, so that a slip costs no look-up and a leak is recognised |
///
/// Only the SHA-256 of the whole text is stored: 256 random bits need no slow hash. The format is final.
package struct APIKey: Sendable {
    package static let header = "x-api-key"
    private static let prefixDigits = 8
    private static let secretDigits = 43
    private static let checksumDigits = 6

    package let text: Secret<String>
    /// No secret.
    package let prefix: String
    /// SHA-256 of the text.
    package let digest: [UInt8]

    /// Nil for what cannot be a key.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("cwk".utf8), Self.isEnvironment(parts[1]),
            parts[2].count == Self.prefixDigits + Self.secretDigits + Self.checksumDigits,
            parts[2].allSatisfy({ Base62.isDigit($0) })
        else { return nil }
        let body = text.utf8.dropLast(Self.checksumDigits)
        guard Self.checksum(body).elementsEqual(parts[2].suffix(Self.checksumDigits)) else { return nil }
        self.init(whole: text, body: parts[2])
    }

    /// A new key.
    ///
    /// - Parameter environment: such as `live`.
    package static func make(environment: String) -> APIKey {
        precondition(isEnvironment(environment.utf8), "an environment is a few lower-case letters")
        let digits = Base62.random(prefixDigits + secretDigits)
        let start = Array("cwk_\(environment)_".utf8) + digits
        let checksum = checksum(start)
        return APIKey(whole: String(decoding: start + checksum, as: UTF8.self), body: digits)
    }

    private init(whole: String, body: some Sequence<UInt8>) {
        text = Secret(whole)
        prefix = String(decoding: Array(body.prefix(Self.prefixDigits)), as: UTF8.self)
        digest = SHA256.hash(whole)
    }

    private static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Base62.digits(of: CRC32.checksum(bytes), count: checksumDigits)
    }

    package static func isEnvironment(_ text: some Collection<UInt8>) -> Bool {
        (2...8).contains(text.count) && text.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }
}

/// Digits, capital and small letters: what is marked as one word, and needs no escape anywhere.
private enum Base62 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
    }

    /// Digits that are equally likely: bytes beyond the largest multiple of 62 are thrown away.
    static func random(_ count: Int) -> [UInt8] {
        var digits: [UInt8] = []
        while digits.count < count {
            let bytes = Random.secretBytes(count - digits.count).exposedValue
            digits += bytes.filter { $0 < 248 }.map { alphabet[Int($0 % 62)] }
        }
        return digits
    }

    static func digits(of value: UInt32, count: Int) -> [UInt8] {
        var rest = value
        var digits: [UInt8] = []
        for _ in 0..<count {
            digits.append(alphabet[Int(rest % 62)])
            rest /= 62
        }
        return digits.reversed()
    }
}
