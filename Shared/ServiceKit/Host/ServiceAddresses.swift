package import Contract

/// Where the services are that a process calls: for each a list of addresses, or of names with several behind them.
package struct ServiceAddresses: Sendable {
    private var addresses: [ServiceName: [HostPort]] = [:]

    /// Asks for the addresses that `callers` call, and for no others: a process need not be told where those are.
    package init(_ settings: Settings, calledBy callers: Set<ServiceName>) {
        let isEncrypted = InternalTLS(settings) != nil
        let pairs = KeysDirectory.Name.contextPairs
        for service in ServiceName.allCases where pairs.contains(where: { callers.contains($0) && $1 == service }) {
            guard let setting = Self.setting(service) else { continue }
            let found = settings(setting)
            addresses[service] = found
            let variable = setting.declaration.variable
            if found.isEmpty { settings.refuse("\(variable) names no address.") }
            settings.refuse(
                "\(variable)=\(found.settingText) is another machine, and services speak without TLS; set "
                    + "CAUSEWAY_INTERNAL_TLS_CERTIFICATE, or reach it through a tunnel of this machine, or a network "
                    + "that only the suite is on",
                when: !isEncrypted && !found.allSatisfy { Loopback.isLocal($0.host) },
                unless: AcceptedRisk.plaintextInternal)
        }
    }

    package subscript(service: ServiceName) -> [HostPort] {
        guard let addresses = addresses[service] else { preconditionFailure("nobody here calls \(service)") }
        return addresses
    }

    /// Nobody calls the gateway.
    private static func setting(_ service: ServiceName) -> Setting<[HostPort]>? {
        let address =
            switch service {
            case .gateway: nil as HostPort?
            case .auth: HostPort(host: "127.0.0.1", port: 9001)
            case .user: HostPort(host: "127.0.0.1", port: 9002)
            case .content: HostPort(host: "127.0.0.1", port: 9003)
            }
        return address.map { address in
            Setting(
                "\(service.rawValue).address", inDevelopment: [address],
                "Where the \(service.rawValue) service is called: host:port, or several with commas; a name stands for "
                    + "all its addresses.")
        }
    }
}
