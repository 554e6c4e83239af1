internal import ServiceKit

extension RateQuotas {
    /// What production takes without a word.
    static let timesStandardMax = 10

    private typealias Rate = (setting: Setting<RateQuota>, path: any WritableKeyPath<RateQuotas, RateQuota> & Sendable)

    /// - Parameter multiplier: what they are multiplied by.
    init(_ settings: Settings, multiplier: Int) {
        self.init()
        for (setting, path) in Self.rates {
            let standard = self[keyPath: path]
            let quota = settings(setting)
            self[keyPath: path] = quota
            settings.refuse(
                "\(setting.declaration.variable)=\(quota.settingText) leaves little of that limit, which is "
                    + "\(standard.settingText); allow at most \(Self.timesStandardMax) times as much",
                when: quota != standard && (quota * multiplier).exceeds(standard, times: Self.timesStandardMax),
                unless: AcceptedRisk.raisedLimits)
        }
    }

    private static let rates: [Rate] = [
        rate("connection", \.connection, "Requests of one address, whatever they ask."),
        rate("invalid-credentials", \.invalidCredentials, "Tokens and keys of one address that are refused."),
        rate("read", \.read, "Reads of one account or API key, or of one address without."),
        rate("write", \.write, "Changes of one account or API key, or of one address without."),
        rate("search", \.search, "Searches of one account or API key, or of one address without."),
        rate("login", \.login, "Sign-ins and the like of one address; auth counts by account as well."),
        rate("mail", \.mail, "Calls of one address that send mails; auth counts by recipient as well."),
        rate("upload", \.upload, "Uploads of one account or API key, or of one address without."),
    ]

    private static func rate(
        _ name: String, _ path: any WritableKeyPath<RateQuotas, RateQuota> & Sendable, _ text: String
    ) -> Rate {
        let setting = Setting(
            "gateway.rate-\(name)", default: RateQuotas()[keyPath: path],
            like: "600/min,burst=120; s, min, h, d", text)
        return (setting, path)
    }
}
