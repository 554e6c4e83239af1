internal import ServiceKit

extension StrainMachine.Settings {
    private static let requestsSetting = Setting(
        "gateway.requests-max", default: Self().requestsMax, in: 10...1_000_000,
        "Requests that may be in flight in all; long before that readiness turns and the least needed are refused.")
    private static let readinessSetting = Setting(
        "gateway.requests-strained-percent", default: Self().strainedPercent, in: 1...100,
        "From so many per cent of `CAUSEWAY_GATEWAY_REQUESTS_MAX` on readiness turns.")
    private static let sheddableSetting = Setting(
        "gateway.requests-shed-percent", default: Self().shedsSheddablePercent, in: 1...100,
        "From so many per cent of `CAUSEWAY_GATEWAY_REQUESTS_MAX` on the least needed requests are refused.")
    private static let normalSetting = Setting(
        "gateway.requests-shed-normal-percent", default: Self().shedsNormalPercent, in: 1...100,
        "From so many per cent of `CAUSEWAY_GATEWAY_REQUESTS_MAX` on all requests but the most needed are refused.")
    private static let delaySetting = Setting(
        "gateway.strain-milliseconds", default: 100, in: 0...10_000,
        "How late event loops may be all the time before readiness turns, and then the least needed requests are "
            + "refused, in milliseconds; 0 does not look at it.")
    private static let intervalSetting = Setting(
        "gateway.strain-interval-milliseconds", default: 500, in: 100...60_000,
        "How long event loops must be late before readiness turns, and for each step after that, in milliseconds.")

    init(_ settings: ServiceKit.Settings) {
        requestsMax = settings(Self.requestsSetting)
        strainedPercent = settings(Self.readinessSetting)
        shedsSheddablePercent = settings(Self.sheddableSetting)
        shedsNormalPercent = settings(Self.normalSetting)
        delayMax = .milliseconds(settings(Self.delaySetting))
        interval = .milliseconds(settings(Self.intervalSetting))
        if strainedPercent > shedsSheddablePercent || shedsSheddablePercent > shedsNormalPercent {
            settings.refuse(
                "\(Self.readinessSetting.declaration.variable), \(Self.sheddableSetting.declaration.variable) and "
                    + "\(Self.normalSetting.declaration.variable) must not fall: readiness turns first.")
        }
    }
}
