import Primitives
import RateLimiting
import ServiceKit
import Testing

@testable import Gateway

@Suite("A rate quota")
struct RateQuotaTests {
    @Test(
        "is read from text, and written the same",
        arguments: [
            ("600/min,burst=120", 600, 60, 120), ("60/h", 60, 3600, 60), ("1/s", 1, 1, 1),
            ("1000000/d,burst=1", 1_000_000, 86_400, 1),
        ])
    func text(_ text: String, _ calls: Int, _ seconds: Int, _ burst: Int) throws {
        let quota = try #require(RateQuota(settingText: text))
        #expect(quota.calls == calls && quota.window.seconds == seconds && quota.burst == burst)
        #expect(quota.settingText == text)
        #expect(quota.limit == GCRA(limit: Int64(calls), per: .seconds(seconds), burst: Int64(burst)))
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "600", "600/", "/min", "0/min", "-1/min", "1000001/min", "600/minute", "600/min,", "600/min,burst",
            "600/min,burst=0", "600/min,burst=601", "600/min,burst=120,burst=1", "600/min,120", "600/min/s", "6 0/min",
            "600/min, burst=120", "99999999999999999999/s",
        ])
    func refused(_ text: String) {
        #expect(RateQuota(settingText: text) == nil)
    }

    @Test("says all of its calls as a burst only once")
    func wholeBurst() {
        #expect(RateQuota(settingText: "60/min,burst=60")?.settingText == "60/min")
    }

    @Test("is compared by its pace and by its burst")
    func compared() {
        let standard = RateQuota(600, per: .minute, burst: 120)
        #expect(!RateQuota(100, per: .second, burst: 100).exceeds(standard, times: 10))
        #expect(RateQuota(101, per: .second, burst: 100).exceeds(standard, times: 10))
        #expect(RateQuota(6000, per: .minute, burst: 1201).exceeds(standard, times: 10))
        #expect((RateQuota(300, per: .minute, burst: 100) * 21).exceeds(standard, times: 10))
        #expect(!RateQuota(864_000, per: .day, burst: 120).exceeds(standard, times: 1))
    }

    @Test("of every class comes from its setting, and from nobody else's")
    func settings() throws {
        let names = [
            "CONNECTION", "INVALID_CREDENTIALS", "READ", "WRITE", "SEARCH", "LOGIN", "MAIL", "UPLOAD",
        ]
        var environment = ["CAUSEWAY_PROFILE": "development"]
        for (index, name) in names.enumerated() { environment["CAUSEWAY_GATEWAY_RATE_\(name)"] = "\(index + 7)/h" }
        let settings = Settings.of(environment)
        let classes = RateClasses(RateQuotas(settings, multiplier: 1))
        try settings.requireSound()
        let rules = [
            classes.connection, classes.invalidCredentials, classes.read, classes.write, classes.search, classes.login,
            classes.mail, classes.upload,
        ]
        for (index, rule) in rules.enumerated() {
            #expect(rule.policyField == "\"\(rule.name)\";q=\(index + 7);w=3600")
            #expect(names[index].lowercased() == "\(rule.name)".replacing("-", with: "_"))
        }
        #expect(RateQuotas(Settings.of(["CAUSEWAY_PROFILE": "development"]), multiplier: 1) == RateQuotas())
    }
}
