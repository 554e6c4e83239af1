internal import Contract
internal import Primitives
internal import Protocol
internal import ServiceKit

extension GatewayConfiguration {
    private static let routesSetting = Setting<[StaticRoute]>(
        "gateway.routes", default: [],
        "Routes beside the contracts, with commas between: `/prefix/=http://host:port` or `h2c://host:port`, more "
            + "instances after `+`; then `;access=public` (else `signed-in`), `;rate=` `none`, `read`, `write` or "
            + "`search`, `;websocket`, `;compress` where answers hold no secret beside what clients send, "
            + "`;headers=a+b` for more fields that pass, and `;health=/path` where each instance tells whether it "
            + "takes calls.")
    private static let bodySetting = Setting(
        "gateway.route-body-bytes-max", default: 16 << 20, in: 0...1 << 40,
        "The largest request body on a route beside the contracts, in bytes.")
    private static let answerSetting = Setting(
        "gateway.route-answer-seconds", default: 60, in: 1...3600,
        "How long an answer of a route beside the contracts may take to begin, in seconds.")
    private static let connectionsSetting = Setting(
        "gateway.route-connections-max", default: 64, in: 1...10_000,
        "Connections of each event loop to each instance of a route that speaks HTTP/1.1, WebSockets apart.")
    private static let idleSetting = Setting(
        "gateway.route-idle-seconds", default: 4, in: 1...3600,
        "How long connections to a route that speaks HTTP/1.1 are kept without a call, in seconds: less than its "
            + "upstream keeps them.")
    private static let silenceSetting = Setting(
        "gateway.silence-seconds", default: 300, in: 1...86_400,
        "How long a WebSocket, or an answer that may last, may be silent, in seconds; any frame counts, pings too.")
    private static let tunnelsSetting = Setting(
        "gateway.websockets-max", default: 4096, in: 0...1_000_000, "WebSockets that may be open in all.")
    private static let perConnectionSetting = Setting(
        "gateway.websockets-per-connection-max", default: 32, in: 0...1_000_000,
        "WebSockets that may be open on one client's HTTP/2 connection.")

    mutating func readRoutes(_ settings: Settings) {
        routes = settings(Self.routesSetting)
        routeLimits.bodyBytesMax = settings(Self.bodySetting)
        routeLimits.answer = .seconds(settings(Self.answerSetting))
        routeLimits.connectionsPerLoopMax = settings(Self.connectionsSetting)
        routeLimits.idle = .seconds(settings(Self.idleSetting))
        routeLimits.silence = .seconds(settings(Self.silenceSetting))
        routeLimits.tunnelsMax = settings(Self.tunnelsSetting)
        routeLimits.tunnelsPerConnectionMax = settings(Self.perConnectionSetting)
        let variable = Self.routesSetting.declaration.variable
        let own = OwnDocuments.all(publicURL: publicURL, securityContact: "", now: .now).map(\.path)
        let taken = Suite.descriptions.map(\.path) + (["/livez", "/readyz"] + own).map { PathTemplate($0) }
        for conflict in StaticRoute.conflicts(routes, with: taken) { settings.refuse("\(variable): \(conflict).") }
        for route in routes {
            settings.refuse(
                "\(variable): \(route.prefix) leads to another machine without TLS; reach it through a tunnel of this "
                    + "machine, or a network that only the suite is on",
                when: !route.places.allSatisfy { Loopback.isLocal($0.host) }, unless: AcceptedRisk.plaintextInternal)
        }
    }
}
