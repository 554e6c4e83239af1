/// A sealed value as it is stored. The format is final:
///
/// | bytes | meaning |
/// |---|---|
/// | 1 | version, 0x01 |
/// | 1 | length n of the key id, 1-32 |
/// | n | key id, ASCII letters, digits, `.`, `_`, `-` |
/// | 12 | nonce |
/// | as the plaintext | ciphertext |
/// | 16 | tag |
///
/// AES-256-GCM authenticates everything before the nonce, then the caller's associated data. Its key is HKDF-SHA-256 of
/// the keyring's key with no salt and the info `causeway sealed box v1 ` followed by the purpose, so that one root key
/// serves several purposes and a box of one purpose never opens as another.
package struct SealedBox: Sendable, Hashable {
    static let version: UInt8 = 1
    static let keyIDBytesMax = 32

    /// The whole box.
    package let bytes: [UInt8]
    /// Which of the keyring's keys opens it.
    package let keyID: String
    let headerBytes: Int

    /// Reads the header of a stored box; what follows is checked when it is opened.
    package init(_ bytes: [UInt8]) throws(SealingFailure) {
        guard bytes.count > 2, bytes[0] == Self.version else { throw .malformed }
        let length = Int(bytes[1])
        let overhead = AES256GCM.nonceBytes + AES256GCM.tagBytes
        guard bytes.count >= 2 + length + overhead else { throw .malformed }
        let keyID = String(decoding: bytes[2..<2 + length], as: UTF8.self)
        guard Self.isKeyID(keyID) else { throw .malformed }
        self.bytes = bytes
        self.keyID = keyID
        headerBytes = 2 + length
    }

    static func header(keyID: String) -> [UInt8] {
        [version, UInt8(keyID.utf8.count)] + keyID.utf8
    }

    static func isKeyID(_ text: String) -> Bool {
        guard (1...keyIDBytesMax).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

/// Why a box did not open.
package enum SealingFailure: Error, Hashable, Sendable {
    /// Not a box of a version that is known.
    case malformed
    /// Sealed under a key that the keyring does not hold.
    case unknownKey(String)
    /// Altered, or sealed for another purpose or with other associated data.
    case notAuthentic
}
