import Cryptography
import Primitives
import Testing

@Suite struct DigestTests {
    /// FIPS 180-4's examples.
    private static let digests: [(String, String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test func sha256GivesThePublishedDigests() {
        for (message, digest) in Self.digests { #expect(Hex.encode(SHA256.hash(message)) == digest) }
    }

    struct MACVector: Sendable {
        let key: [UInt8]
        let message: [UInt8]
        let tag: String
    }

    /// RFC 4231, section 4, test cases 1-4, 6 and 7.
    private static let macs = [
        MACVector(
            key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
            tag: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        MACVector(
            key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            tag: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        MACVector(
            key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
            tag: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        MACVector(
            key: Array(1...25), message: Array(repeating: 0xCD, count: 50),
            tag: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        MACVector(
            key: Array(repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            tag: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        MACVector(
            key: Array(repeating: 0xAA, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            tag: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test(arguments: macs) func hmacGivesThePublishedTags(vector: MACVector) throws {
        let mac = HMACSHA256(key: Secret(vector.key))
        let tag = try #require(Hex.decode(vector.tag))
        // Twice, since one message must not leave a trace in the next.
        #expect(mac.authenticate(vector.message) == tag)
        #expect(mac.authenticate(vector.message) == tag)
        #expect(mac.isValid(tag, for: vector.message))
        #expect(!mac.isValid(Array(tag.dropLast()), for: vector.message))
        #expect(!mac.isValid([], for: vector.message))
        #expect(!mac.isValid(tag, for: vector.message + [0]))
        for bit in 0..<256 {
            var forged = tag
            forged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!mac.isValid(forged, for: vector.message))
        }
    }

    @Test func oneKeyServesManyTasks() async {
        let mac = HMACSHA256(key: Secret(Array("shared key".utf8)))
        let expected = (0..<64).map { mac.authenticate([UInt8($0)]) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<64).allSatisfy { mac.authenticate([UInt8($0)]) == expected[$0] } }
            }
            for await isEqual in group { #expect(isEqual) }
        }
    }

    struct KeyVector: Sendable {
        let secret: [UInt8]
        let salt: [UInt8]
        let info: [UInt8]
        let output: String
    }

    /// RFC 5869, appendix A.1-A.3.
    private static let keys = [
        KeyVector(
            secret: Array(repeating: 0x0B, count: 22), salt: Array(0...12), info: Array(0xF0...0xF9),
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        KeyVector(
            secret: Array(0x00...0x4F), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF),
            output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
        KeyVector(
            secret: Array(repeating: 0x0B, count: 22), salt: [], info: [],
            output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]

    @Test(arguments: keys) func hkdfGivesThePublishedKeys(vector: KeyVector) throws {
        let expected = try #require(Hex.decode(vector.output))
        for byteCount in [1, 31, 32, 33, expected.count] {
            let key = HKDF.derive(
                from: Secret(vector.secret), salt: vector.salt, info: vector.info, byteCount: byteCount)
            #expect(key.exposedValue == Array(expected.prefix(byteCount)))
        }
    }

    @Test func hkdfReachesItsLargestOutput() {
        let key = HKDF.derive(from: Secret([1]), info: "long", byteCount: HKDF.outputBytesMax)
        #expect(key.exposedValue.count == 8160)
        #expect(key.exposedValue.suffix(32) != key.exposedValue.prefix(32))
    }

    @Test func randomBytesDiffer() {
        #expect(Random.bytes(0).isEmpty)
        #expect(Random.bytes(33).count == 33)
        #expect(Set((0..<100).map { _ in Random.bytes(16) }).count == 100)
        #expect(Random.secretBytes(32).exposedValue != Random.secretBytes(32).exposedValue)
    }
}
