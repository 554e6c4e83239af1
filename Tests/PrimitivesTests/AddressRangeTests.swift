import Primitives
import Testing

@Suite struct AddressRangeTests {
    private func bytes(_ text: String) throws -> [UInt8] { try #require(AddressRange.bytes(of: text)) }

    @Test(
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("::/0", "::1", true), ("::1/128", "::1", true),
        ])
    func contains(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try bytes(address)) == isIn)
    }

    @Test(
        arguments: [
            "", "/", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/08", "192.0.2.1/24", "::1/64", "::/129",
            "192.0.2", "192.0.2.0/24/1", "example.com", "192.0.2.0 /24", "::fffff",
            "::ffff:192.0.2.0/120",
        ])
    func refuses(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test func checksum() {
        // The check value of the catalogue of parametrised CRC algorithms.
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
        #expect(CRC32.checksum([]) == 0)
    }
}
