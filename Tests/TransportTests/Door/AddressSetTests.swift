import Primitives
import Testing

@testable import Transport

@Suite struct AddressSetTests {
    private func contains(_ ranges: [String], _ address: String) throws -> Bool {
        let set = AddressSet(try ranges.map { try #require(AddressRange($0), "\($0)") })
        return set.contains(try #require(PeerAddress(text: address)))
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0", true), ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.0/24", "192.0.1.255", false), ("192.0.2.7", "192.0.2.7", true),
        ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true), ("::/0", "127.0.0.1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::10.1.2.3", false),
    ]) func holds(range: String, address: String, isInside: Bool) throws {
        #expect(try contains([range], address) == isInside)
    }

    @Test func manyRanges() throws {
        let ranges = (0..<200).map { "10.\($0).0.0/17" } + ["10.3.0.0/16", "10.4.128.0/17", "2001:db8::/64"]
        for address in ["10.199.127.255", "10.3.200.1", "10.4.200.1", "2001:db8::ffff"] {
            #expect(try contains(ranges, address), "\(address)")
        }
        for address in ["10.199.128.0", "10.5.200.1", "10.200.0.0", "2001:db8:0:1::"] {
            #expect(try !contains(ranges, address), "\(address)")
        }
        #expect(!AddressSet().contains(try #require(PeerAddress(text: "10.0.0.1"))))
    }

    @Test(arguments: [
        "", "192.0.2.1/33", "192.0.2.1/24", "192.0.2.0/", "192.0.2.0/+8", "192.0.2.0/-1", "192.0.2/24",
        "192.0.2.0/24/1",
        "2001:db8::/129", "2001:db8::1/64", "[::1]", "::1%lo", "localhost", " 10.0.0.0/8", "10.0.0.0/8 ", "010.0.0.0/8",
    ]) func whatIsNone(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "::1"])
    func saysItself(text: String) throws {
        #expect(try #require(AddressRange(text)).description == text)
    }
}
