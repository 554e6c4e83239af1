import Contract
import ServiceKit

/// The ports of one service.
struct ServicePorts: Sendable {
    let port: Int
    let opsPort: Int

    /// - Parameter number: the service's place in the suite, from which its default ports follow.
    init(_ service: ServiceName, number: Int, _ settings: Settings) {
        let name = service.rawValue
        port = settings(
            Setting("\(name).port", default: 9000 + number, in: 0...65_535, "The \(name) service's HTTP/2 port."))
        opsPort = settings(
            Setting(
                "\(name).ops-port", default: 9100 + number, in: 0...65_535,
                "The \(name) service's port for health and metrics."))
    }
}
