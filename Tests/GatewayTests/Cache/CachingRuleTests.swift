import Contract
import HTTP
import Primitives
import Testing

@testable import Gateway

@Suite("What may be kept, and for how long")
struct CachingRuleTests {
    private let start = Deadline(nanoseconds: 1_000_000_000_000)

    private func rule() throws -> CachingRule {
        try #require(CachingRule(TestOperations.description("keep")))
    }

    private func judge(
        _ fields: [(String, String)], status: Int = 200, delay: Duration = .zero
    ) throws -> CachingRule.Verdict {
        var head = ResponseHead(status: status)
        for (name, value) in fields { head.fields.append(name, value) }
        return try rule().judge(head, askedAt: start, receivedAt: start.advanced(by: delay))
    }

    private func keep(
        _ lifetime: Int64, age: Int64 = 0, behind: Int64 = 0, onError: Int64 = 0, delay: Duration = .zero
    ) -> CachingRule.Verdict {
        .keep(
            Freshness(
                receivedAt: start.advanced(by: delay), ageSeconds: age, lifetimeSeconds: lifetime,
                staleWhileRevalidatingSeconds: behind, staleIfErrorSeconds: onError))
    }

    @Test("No more than contract and answer both allow")
    func lifetimes() throws {
        #expect(try judge([("cache-control", "public, max-age=30")]) == keep(30))
        #expect(try judge([("cache-control", "max-age=9999, stale-if-error=9999")]) == keep(60, onError: 600))
        #expect(try judge([("cache-control", "max-age=5, s-maxage=7, stale-if-error=9")]) == keep(7))
        #expect(try judge([("cache-control", "max-age=5, stale-while-revalidate=3")]) == keep(5, behind: 3))
        #expect(try judge([("cache-control", "max-age=5, must-revalidate, stale-if-error=9")]) == keep(5))
        #expect(try judge([("cache-control", "max-age=5"), ("cache-control", "max-age=3")]) == keep(3))
    }

    @Test("What the edge alone is told counts before what all are told (RFC 9213)")
    func targeted() throws {
        let none = ("cache-control", "no-store")
        #expect(try judge([none, ("cdn-cache-control", "max-age=20")]) == keep(20))
        #expect(
            try judge([("cache-control", "max-age=9"), ("cdn-cache-control", "private")]) == .pass("cache-control"))
        // One that cannot be read is passed over.
        #expect(try judge([none, ("cdn-cache-control", "max-age=20;")]) == .pass("cache-control"))
    }

    @Test("The age that an answer brings, and the time that it took, are taken off (RFC 9111, section 4.2.3)")
    func age() throws {
        let fields = [("cache-control", "max-age=30"), ("age", "10")]
        #expect(try judge(fields) == keep(30, age: 10))
        #expect(try judge(fields, delay: .seconds(3)) == keep(30, age: 13, delay: .seconds(3)))
        #expect(try judge([("cache-control", "max-age=30"), ("age", "30")]) == .pass("stale"))
        #expect(try judge([("cache-control", "max-age=30"), ("age", "nonsense")]) == keep(30))
    }

    @Test(
        "Nothing is kept that is private, bears a cookie, is coded, depends on more than its key, or has no age",
        arguments: [
            ([("cache-control", "private, max-age=30")], 200, "cache-control"),
            ([("cache-control", "no-store")], 200, "cache-control"),
            ([("cache-control", "no-cache, max-age=30")], 200, "cache-control"),
            ([("cache-control", "max-age=30, x=\"")], 200, "cache-control"), ([], 200, "cache-control"),
            ([("cache-control", "public")], 200, "no-age"), ([("cache-control", "max-age=0")], 200, "stale"),
            ([("cache-control", "max-age=30"), ("set-cookie", "a=b")], 200, "set-cookie"),
            ([("cache-control", "max-age=30"), ("content-encoding", "gzip")], 200, "content-encoding"),
            ([("cache-control", "max-age=30"), ("vary", "*")], 200, "vary"),
            ([("cache-control", "max-age=30"), ("vary", "Accept-Language, Cookie")], 200, "vary"),
            ([("cache-control", "max-age=30")], 302, "status"), ([("cache-control", "max-age=30")], 500, "status"),
            ([("cache-control", "max-age=30")], 206, "status"), ([("cache-control", "max-age=30")], 410, "status"),
        ] as [([(String, String)], Int, String)])
    func never(fields: [(String, String)], status: Int, reason: String) throws {
        #expect(try judge(fields, status: status) == .pass(reason))
    }

    @Test("By the contract: redirects, that there is nothing, and fields that the answer depends on")
    func contract() throws {
        #expect(try judge([("cache-control", "max-age=30"), ("vary", "Accept-Language")]) == keep(30))
        #expect(try judge([("cache-control", "max-age=30")], status: 301) == keep(30))
        let absence = [("cache-control", "no-store"), ("cdn-cache-control", "max-age=30, stale-if-error=60")]
        #expect(try judge(absence, status: 404) == keep(10))
    }

    @Test("Tags follow from the path, in whatever spelling")
    func tags() throws {
        let rule = try rule()
        #expect(rule.tags("/v1/test/kept/a%20b?page=1")?.map(\.text) == ["things", "thing/a%20b"])
        #expect(rule.tags("/v1/test/kept/%E2%82%AC")?.map(\.text) == ["things", "thing/%E2%82%AC"])
        #expect(rule.tags("/v1/test/kept/" + String(repeating: "a", count: 300)) == nil)
    }

    @Test("An answer ages in whole seconds, and has its times in order")
    func freshness() {
        let freshness = Freshness(
            receivedAt: start, ageSeconds: 10, lifetimeSeconds: 30, staleWhileRevalidatingSeconds: 5,
            staleIfErrorSeconds: 60)
        #expect(freshness.age(at: start) == 10 && freshness.remaining(at: start) == 20)
        #expect(freshness.age(at: start.advanced(by: .milliseconds(1999))) == 11)
        #expect(freshness.expiresAt == start.advanced(by: .seconds(20)))
        #expect(freshness.revalidatesUntil == start.advanced(by: .seconds(25)))
        #expect(freshness.bridgesUntil == start.advanced(by: .seconds(80)))
        #expect(freshness.age(at: Deadline(nanoseconds: 0)) == 10)
    }
}
