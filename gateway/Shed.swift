internal import Contract
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Is there time for it? What matters least is refused first.
    func shed(_ endpoint: EndpointRoute, _ story: inout RequestStory) throws(Problem) {
        guard strain.sheds(endpoint.criticality) else { return }
        story.limit =
            switch endpoint.criticality {
            case .sheddable: "shed-sheddable"
            case .normal: "shed-normal"
            case .critical: "shed-critical"
            }
        // Spread, so that those who were refused together do not come back together.
        throw Problem(.overloaded, retryAfter: .seconds(Int64.random(in: 1...3)))
    }
}

extension ProcessTelemetry {
    /// Says how much more there is to do than can be done: `strain_level`, `requests_in_flight`.
    func watch(_ strain: Strain) {
        let label = [("part", ServiceName.gateway.rawValue)]
        registry.describe("strain_level", "0 calm, 1 not ready, from 2 on requests are refused, the least needed first")
        registry.describe("requests_in_flight", "Requests that are being answered")
        registry.readGauge("strain_level", label) { Double(strain.level.rawValue) }
        registry.readGauge("requests_in_flight", label) { Double(strain.requestsInFlight) }
    }
}
