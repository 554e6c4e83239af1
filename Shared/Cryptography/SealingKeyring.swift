package import Primitives

/// Keys by id for one purpose: seals with the current one, opens with any (see `SealedBox` for the format).
///
/// To rotate, add a key, make it current, seal anew what `needsResealing` names, then drop the old one.
package struct SealingKeyring: Sendable {
    package static let keysMax = 16

    package let currentKeyID: String
    private let ciphers: [String: AES256GCM]

    /// - Parameters:
    ///   - keys: 32 random bytes each, by id.
    ///   - purpose: what is sealed, for example `pepper`: boxes of one purpose do not open under another.
    package init(
        keys: [String: Secret<[UInt8]>], currentKeyID: String, purpose: String
    ) throws(KeyringFault) {
        guard !keys.isEmpty, keys.count <= Self.keysMax else { throw .keyCount(keys.count) }
        var ciphers: [String: AES256GCM] = [:]
        for (id, key) in keys {
            guard SealedBox.isKeyID(id) else { throw .invalidKeyID(id) }
            guard key.exposedValue.count == AES256GCM.keyBytes else { throw .keyLength(id: id) }
            ciphers[id] = AES256GCM(key: HKDF.derive(from: key, info: "causeway sealed box v1 \(purpose)"))
        }
        guard ciphers[currentKeyID] != nil else { throw .currentKeyMissing(currentKeyID) }
        self.ciphers = ciphers
        self.currentKeyID = currentKeyID
    }

    /// Seals under the current key. `associatedData` ties the box to its place, for example the row's id.
    package func seal(_ plaintext: [UInt8], associatedData: [UInt8] = []) -> [UInt8] {
        guard let cipher = ciphers[currentKeyID] else { preconditionFailure("init has checked it") }
        let header = SealedBox.header(keyID: currentKeyID)
        return header + cipher.seal(plaintext, associatedData: header + associatedData)
    }

    package func open(_ bytes: [UInt8], associatedData: [UInt8] = []) throws(SealingFailure) -> [UInt8] {
        let box = try SealedBox(bytes)
        guard let cipher = ciphers[box.keyID] else { throw .unknownKey(box.keyID) }
        let header = Array(bytes.prefix(box.headerBytes))
        let sealed = Array(bytes.dropFirst(box.headerBytes))
        guard let plaintext = cipher.open(sealed, associatedData: header + associatedData) else {
            throw .notAuthentic
        }
        return plaintext
    }

    /// Whether a stored box is under a key that is no longer current.
    package func needsResealing(_ bytes: [UInt8]) throws(SealingFailure) -> Bool {
        try SealedBox(bytes).keyID != currentKeyID
    }
}

/// Why a keyring cannot be made of what was configured. Holds no key.
package enum KeyringFault: Error, Hashable, Sendable {
    case keyCount(Int)
    case invalidKeyID(String)
    case keyLength(id: String)
    case currentKeyMissing(String)
}
