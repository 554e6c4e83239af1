import Contract
import HTTP
import Primitives
import RateLimiting
import Redis
import Testing

@testable import Gateway

@Suite("The rate classes")
struct RateClassesTests {
    @Test("are those of the edge's table")
    func table() {
        let classes = RateClasses()
        #expect(classes.connection.limit.burst == 1200)
        #expect(classes.read.policyField == "\"read\";q=600;w=60")
        #expect(classes.read.limit == GCRA(limit: 600, per: .seconds(60), burst: 120))
        #expect(classes.write.limit == GCRA(limit: 60, per: .seconds(60), burst: 20))
        #expect(classes.write.counting == .exact && classes.login.counting == .exact)
        #expect(classes.read.counting == .wide && classes.connection.counting == .wide)
        #expect(classes.search.policyField == "\"search\";q=60;w=60" && classes.search.counting == .wide)
        #expect(classes.upload.policyField == "\"upload\";q=60;w=3600" && classes.upload.counting == .exact)
        #expect(classes.upload.limit == GCRA(limit: 60, per: .seconds(3600)))
        #expect(classes.invalidCredentials.limit == GCRA(limit: 100, per: .seconds(60)))
        #expect(classes.mail.isByAddress && classes.mail.counting == .exact)
        #expect(classes[.none] == nil)
        for rate in RateClass.allCases where rate != .none { #expect(classes[rate]?.name.description == rate.rawValue) }
    }

    @Test("are multiplied together", arguments: [1, 2, 1000, 100_000])
    func multiplied(times: Int) {
        let classes = RateClasses(multiplier: times)
        #expect(classes.write.limit.burst == Int64(20 * times))
        #expect(classes.login.limit.burst == Int64(30 * times))
        #expect(classes.write.policyField == "\"write\";q=\(60 * times);w=60")
    }

    @Test("tell what is left")
    func field() {
        let decision = RateDecision(
            isAllowed: true, tightest: 0, remaining: 19, retryAfter: .zero, resetAfter: .milliseconds(1001))
        var fields = HeaderFields()
        Allowance(rule: RateClasses().write, decision: decision).tell(&fields)
        #expect(fields == ["ratelimit-policy": "\"write\";q=60;w=60", "ratelimit": "\"write\";r=19;t=2"])
    }
}
