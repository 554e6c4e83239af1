import Primitives
import Testing

@testable import Cryptography

@Suite struct SealingTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        let plaintext: String
        let associatedData: String
        /// Ciphertext and tag.
        let sealed: String
    }

    private static let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"

    /// Test cases 13, 14 and 16 of the GCM submission to NIST.
    private static let vectors = [
        Vector(
            key: String(repeating: "00", count: 32), nonce: "000000000000000000000000", plaintext: "",
            associatedData: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: String(repeating: "00", count: 32), nonce: "000000000000000000000000",
            plaintext: "00000000000000000000000000000000", associatedData: "",
            sealed: "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: key, nonce: "cafebabefacedbaddecaf888",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" + "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test(arguments: vectors) func gcmGivesThePublishedCiphertexts(vector: Vector) throws {
        let cipher = AES256GCM(key: Secret(try #require(Hex.decode(vector.key))))
        let nonce = try #require(Hex.decode(vector.nonce))
        let plaintext = try #require(Hex.decode(vector.plaintext))
        let associatedData = try #require(Hex.decode(vector.associatedData))
        let sealed = cipher.seal(plaintext, associatedData: associatedData, nonce: nonce)
        #expect(Hex.encode(sealed) == vector.nonce + vector.sealed)
        #expect(cipher.open(sealed, associatedData: associatedData) == plaintext)
    }

    private static func keyring(current: String = "2026-a", purpose: String = "pepper") throws -> SealingKeyring {
        let keys = [
            "2026-a": Secret([UInt8](repeating: 1, count: 32)), "b": Secret([UInt8](repeating: 2, count: 32)),
        ]
        return try SealingKeyring(keys: keys, currentKeyID: current, purpose: purpose)
    }

    private let message = Array("a secret".utf8)
    private let place = Array("row 7".utf8)

    @Test func aBoxHasTheDocumentedForm() throws {
        let keyring = try Self.keyring()
        let box = keyring.seal(message, associatedData: place)
        #expect(Array(box.prefix(8)) == [1, 6] + Array("2026-a".utf8))
        #expect(box.count == 8 + 12 + message.count + 16)
        #expect(try SealedBox(box).keyID == "2026-a")
        #expect(keyring.seal(message, associatedData: place) != box)

        // The format is final: the same box made of the parts, as another program would.
        let derived = HKDF.derive(
            from: Secret([UInt8](repeating: 1, count: 32)), info: "causeway sealed box v1 pepper")
        let header = Array(box.prefix(8))
        let byHand = AES256GCM(key: derived).open(Array(box.dropFirst(8)), associatedData: header + place)
        #expect(byHand == message)
    }

    /// Written once by another implementation (Python's `cryptography`) after the documentation of `SealedBox`, and
    /// kept: a change that cannot open it breaks every stored secret.
    @Test func aBoxOfTheFirstDayStillOpens() throws {
        let stored = try #require(Hex.decode(Self.storedBox))
        #expect(try Self.keyring().open(stored, associatedData: place) == message)
    }

    private static let storedBox =
        "0106323032362d61000102030405060708090a0b72656a6419ecec563d9c317e"
        + "98b0f20b5bc7c65fea902d22"

    @Test func keysRotate() throws {
        let old = try Self.keyring(current: "2026-a")
        let new = try Self.keyring(current: "b")
        let box = old.seal(message)
        #expect(try new.open(box) == message)
        #expect(try new.needsResealing(box))
        #expect(try !new.needsResealing(new.seal(message)))
        let onlyNew = try SealingKeyring(
            keys: ["b": Secret([UInt8](repeating: 2, count: 32))], currentKeyID: "b", purpose: "pepper")
        #expect(throws: SealingFailure.unknownKey("2026-a")) { try onlyNew.open(box) }
    }

    @Test func aBoxOpensOnlyInItsPlace() throws {
        let box = try Self.keyring().seal(message, associatedData: place)
        let keyring = try Self.keyring()
        #expect(throws: SealingFailure.notAuthentic) { try keyring.open(box) }
        #expect(throws: SealingFailure.notAuthentic) { try keyring.open(box, associatedData: place + [0]) }
        let other = try Self.keyring(purpose: "signing-key")
        #expect(throws: SealingFailure.notAuthentic) { try other.open(box, associatedData: place) }
    }

    @Test func noDamagedBoxOpens() throws {
        let keyring = try Self.keyring()
        let box = keyring.seal(message, associatedData: place)
        for bit in 0..<box.count * 8 {
            var damaged = box
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: SealingFailure.self) { try keyring.open(damaged, associatedData: place) }
        }
        for length in 0..<box.count {
            #expect(throws: SealingFailure.self) { try keyring.open(Array(box.prefix(length)), associatedData: place) }
        }
        #expect(throws: SealingFailure.notAuthentic) { try keyring.open(box + [0], associatedData: place) }
    }

    @Test(arguments: [[], [1], [1, 0], [2, 1, 0x61], [1, 255, 0x61], [1, 1, 0x20]] as [[UInt8]])
    func whatIsNoBoxIsMalformed(start: [UInt8]) throws {
        let keyring = try Self.keyring()
        #expect(throws: SealingFailure.malformed) { try keyring.open(start) }
        guard start.count > 1, start != [1, 255, 0x61] else { return }
        #expect(throws: SealingFailure.malformed) { try keyring.open(start + [UInt8](repeating: 0, count: 64)) }
    }

    @Test func aKeyringIsChecked() {
        let key = Secret([UInt8](repeating: 1, count: 32))
        func make(_ keys: [String: Secret<[UInt8]>], _ current: String) throws {
            _ = try SealingKeyring(keys: keys, currentKeyID: current, purpose: "p")
        }
        #expect(throws: KeyringFault.keyCount(0)) { try make([:], "a") }
        let many = Dictionary(uniqueKeysWithValues: (0..<17).map { ("k\($0)", key) })
        #expect(throws: KeyringFault.keyCount(17)) { try make(many, "k0") }
        #expect(throws: KeyringFault.currentKeyMissing("b")) { try make(["a": key], "b") }
        #expect(throws: KeyringFault.keyLength(id: "a")) { try make(["a": Secret([1, 2])], "a") }
        for id in ["", "ä", "a b", String(repeating: "a", count: 33)] {
            #expect(throws: KeyringFault.invalidKeyID(id)) { try make([id: key], id) }
        }
    }
}
