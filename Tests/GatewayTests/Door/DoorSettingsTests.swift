import Primitives
import ServiceKit
import TestKit
import Testing
import Transport

@testable import Gateway

@Suite("The door's settings")
struct DoorSettingsTests {
    private func faults(_ variables: [String: String]) -> String {
        let named = Dictionary(uniqueKeysWithValues: variables.map { ("CAUSEWAY_\($0)", $1) })
        let settings = Settings.of(named.merging(["CAUSEWAY_PROFILE": "development"]) { $1 })
        _ = DoorConfiguration(settings)
        _ = InternalTLS(settings)
        do throws(SettingsFault) {
            try settings.requireSound()
            return ""
        } catch {
            return error.description
        }
    }

    @Test("believe nobody by default, and read what is given")
    func read() throws {
        let settings = Settings.of([
            "CAUSEWAY_GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8,2001:db8::1",
            "CAUSEWAY_GATEWAY_TRUSTED_PROXIES_FIELD": "forwarded", "CAUSEWAY_GATEWAY_ADDRESSES_DENIED": "192.0.2.0/24",
            "CAUSEWAY_GATEWAY_KEY_UPDATES_MAX": "7",
        ])
        let door = DoorConfiguration(settings)
        #expect(
            door.trustedProxies.map(\.description) == ["10.0.0.0/8", "2001:db8::1"] && door.proxyField == .forwarded)
        #expect(
            door.denied.map(\.description) == ["192.0.2.0/24"] && door.allowed.isEmpty && door.proxyHeaderFrom.isEmpty)
        #expect(door.clientCertificates == .off && door.acmeFolder == nil)
        #expect(door.keyUpdatesMax == 7 && DoorConfiguration().keyUpdatesMax == 64)
        #expect(faults([:]) == "")
    }

    @Test(
        "refuse what would let anybody be whoever he likes",
        arguments: [
            (["GATEWAY_TRUSTED_PROXIES": "0.0.0.0/0"], "names every address"),
            (["GATEWAY_PROXY_PROTOCOL_FROM": "10.0.0.0/8,::/0"], "names every address"),
            (["GATEWAY_TRUSTED_PROXIES": "10.0.0.1/8"], "of another form"),
            (["GATEWAY_CLIENT_CERTIFICATES": "required"], "GATEWAY_CLIENT_AUTHORITIES is empty"),
            (["GATEWAY_CLIENT_CERTIFICATES": "optional", "GATEWAY_CLIENT_AUTHORITIES": "/none"], "cannot read /none"),
            (["INTERNAL_TLS_KEY": "/none"], "go together"),
            (["INTERNAL_TLS_AUTHORITIES": "/none"], "cannot read /none"),
        ]) func refused(variables: [String: String], reason: String)
    {
        #expect(faults(variables).contains(reason), "\(faults(variables))")
    }
}
