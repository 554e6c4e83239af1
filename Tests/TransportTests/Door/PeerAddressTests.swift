import Testing
import Transport

/// What limits count an address by: a home has a whole /64 of IPv6, one address of IPv4.
@Suite struct PeerAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "c0000201"), ("::ffff:192.0.2.1", "c0000201"), ("2001:db8:0:7::1", "20010db800000007"),
        ("2001:db8:0:7:ffff:ffff:ffff:ffff", "20010db800000007"), ("2001:db8:0:8::1", "20010db800000008"),
    ])
    func limitsCountBy(text: String, key: String) throws {
        let address = try #require(PeerAddress(text: text))
        #expect(address.limitText == key)
        #expect(address.limitKey.count == key.utf8.count / 2)
    }
}
