package import JSON

/// The public keys that tokens may be signed with, by thumbprint. Immutable: a change swaps the whole set.
package struct P256KeySet: Sendable, Hashable {
    /// As many keys as a set may hold: the current, the next, and some that tokens still name.
    package static let keysMax = 16

    /// In the order in which they were given.
    package let keys: [P256PublicKey]
    private let byID: [String: P256PublicKey]

    package static let empty = P256KeySet([])

    /// - Precondition: at most `keysMax` keys.
    package init(_ keys: [P256PublicKey]) {
        precondition(keys.count <= Self.keysMax, "too many keys")
        self.keys = keys
        byID = Dictionary(keys.map { ($0.keyID, $0) }) { first, _ in first }
    }

    package subscript(keyID: String) -> P256PublicKey? { byID[keyID] }

    /// The set as `{"keys": [...]}` (RFC 7517, section 5).
    package var document: [UInt8] {
        JSONWriter.object { json in
            json.name("keys")
            json.array { json in
                for key in keys { json.value(.object(key.jwk)) }
            }
        }
    }

    /// Reads a set. Keys of other types or uses are passed over (section 5 asks for it); a broken one refuses the set.
    package init(document: JSONValue) throws(JWKFailure) {
        guard let entries = document.object?["keys"]?.array, entries.count <= Self.keysMax else {
            throw .malformedSet
        }
        var keys: [P256PublicKey] = []
        for entry in entries {
            guard let jwk = entry.object else { throw .malformedSet }
            do {
                keys.append(try P256PublicKey(jwk: jwk))
            } catch .otherKeyType, .otherUse {
                continue
            }
        }
        self.init(keys)
    }
}
