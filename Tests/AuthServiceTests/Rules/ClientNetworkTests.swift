import AuthService
import Testing

@Suite struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.7", "4:c0000207", "4:c00002"),
        ("::ffff:192.0.2.7", "4:c0000207", "4:c00002"),
        ("2001:db8:1:2:3:4:5:6", "6:20010db800010002", "6:20010db80001"),
        ("2001:DB8:1:2::", "6:20010db800010002", "6:20010db80001"),
        ("fe80::1%eth0", "6:fe80000000000000", "6:fe8000000000"),
        ("192.0.2", "none", "none"),
        ("", "none", "none"),
        ("attempts:*", "none", "none"),
    ])
    func networks(_ address: String, _ narrow: String, _ wide: String) {
        let network = ClientNetwork(address: address)
        #expect(network.narrow == narrow)
        #expect(network.wide == wide)
    }

    @Test func bindingsTellClientsApart() {
        let home = ClientNetwork(address: "192.0.2.7")
        let binding = ClientBinding(userAgent: "one", network: home)
        #expect(binding == ClientBinding(userAgent: "one", network: ClientNetwork(address: "192.0.2.200")))
        #expect(binding != ClientBinding(userAgent: "two", network: home))
        #expect(binding != ClientBinding(userAgent: "one", network: ClientNetwork(address: "192.0.3.7")))
        #expect(binding != ClientBinding(userAgent: nil, network: home))
        #expect(binding.digest.count == 32)
    }
}
