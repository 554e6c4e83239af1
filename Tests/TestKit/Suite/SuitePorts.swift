/// Where every part of a suite listens.
package struct SuitePorts: Sendable {
    package let https: Int
    package let http: Int
    package let smtp: Int
    package let mailPage: Int
    private let services: [SuiteUnderTest.Part: (port: Int, ops: Int)]
    /// Of further processes of a service.
    private let further: [SuiteUnderTest.Part: [(port: Int, ops: Int)]]

    /// - Parameter instances: how many processes a service has; else one.
    init(instances: [SuiteUnderTest.Part: Int] = [:]) throws {
        let ports = try FreePorts.take(11)
        further = try instances.mapValues { count in
            let ports = try FreePorts.take((count - 1) * 2)
            return (0..<count - 1).map { (ports[$0 * 2], ports[$0 * 2 + 1]) }
        }
        (https, http, smtp, mailPage) = (ports[0], ports[1], ports[2], ports[3])
        services = [
            .gateway: (ports[0], ports[4]), .auth: (ports[5], ports[6]), .user: (ports[7], ports[8]),
            .content: (ports[9], ports[10]),
        ]
    }

    /// A service's internal port.
    package func service(_ part: SuiteUnderTest.Part) -> Int { services[part]?.port ?? https }

    /// Health and metrics of a part; in one process those of the gateway are asked.
    package func ops(_ part: SuiteUnderTest.Part) -> Int {
        services[part]?.ops ?? services[.gateway]?.ops ?? 0
    }

    /// Where a further process of a service listens, from 1.
    func further(_ part: SuiteUnderTest.Part, _ number: Int) -> (port: Int, ops: Int)? {
        guard let ports = further[part], ports.indices.contains(number - 1) else { return nil }
        return ports[number - 1]
    }

    var settings: [String: String] {
        var settings = [
            "CAUSEWAY_GATEWAY_HTTPS_PORT": String(https), "CAUSEWAY_GATEWAY_HTTP_PORT": String(http),
            "CAUSEWAY_GATEWAY_OPS_PORT": String(ops(.gateway)), "CAUSEWAY_PUBLIC_URL": "https://localhost:\(https)",
            "CAUSEWAY_SMTP_URL": "smtp://127.0.0.1:\(smtp)",
        ]
        for part in [SuiteUnderTest.Part.auth, .user, .content] {
            let name = "CAUSEWAY_\(part.rawValue.uppercased())"
            settings[name + "_PORT"] = String(service(part))
            settings[name + "_OPS_PORT"] = String(ops(part))
            settings[name + "_ADDRESS"] = ([service(part)] + (further[part] ?? []).map(\.port)).map {
                "127.0.0.1:\($0)"
            }.joined(separator: ",")
        }
        return settings
    }
}
