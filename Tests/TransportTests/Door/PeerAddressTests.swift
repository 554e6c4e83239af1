import NIOCore
import Testing

@testable import Transport

/// What limits count an address by: a home has a whole /64 of IPv6, one address of IPv4.
@Suite struct PeerAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "c0000201"), ("::ffff:192.0.2.1", "c0000201"), ("2001:db8:0:7::1", "20010db800000007"),
        ("2001:db8:0:7:ffff:ffff:ffff:ffff", "20010db800000007"), ("2001:db8:0:8::1", "20010db800000008"),
    ])
    func limitsCountBy(text: String, key: String) throws {
        let address = try #require(PeerAddress(text: text))
        #expect(address.limitSubject == "address:" + key)
        #expect(address.limitKey.count == key.utf8.count / 2)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.10.99.255", "0.10.99.255"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::7:1", "2001:db8::7:1"),
    ])
    func isSeenOnASocket(text: String, expected: String) throws {
        let address = PeerAddress(try SocketAddress(ipAddress: text, port: 4711))
        #expect(address.text == expected)
        #expect(address == PeerAddress(text: text, port: 4711))
    }

    @Test func aSocketWithoutAddressHasNone() throws {
        #expect(PeerAddress(try SocketAddress(unixDomainSocketPath: "/nowhere")).bytes.isEmpty)
        #expect(PeerAddress(nil).text.isEmpty)
    }
}
