import Testing

@testable import Gateway

@Suite("Directives of Cache-Control")
struct CacheDirectivesTests {
    @Test("are read whatever their spelling")
    func spellings() throws {
        let directives = try #require(
            CacheDirectives(parsing: "Public,, MAX-age=60 ,s-maxage=\"90\", stale-while-revalidate=5, unknown=\"a,b\""))
        #expect(directives.maxAgeSeconds == 60 && directives.sharedMaxAgeSeconds == 90)
        #expect(directives.staleWhileRevalidateSeconds == 5 && directives.staleIfErrorSeconds == nil)
        #expect(!directives.isNoStore && !directives.isPrivate && !directives.isNoCache && !directives.mustRevalidate)
        #expect(CacheDirectives(parsing: "private=\"set-cookie\"")?.isPrivate == true)
        #expect(CacheDirectives(parsing: "no-cache=\"x\\\"y\", no-store")?.isNoStore == true)
        #expect(CacheDirectives(parsing: "proxy-revalidate")?.mustRevalidate == true)
        #expect(CacheDirectives(parsing: "only-if-cached")?.isOnlyIfCached == true)
        #expect(CacheDirectives(parsing: "") != nil)
    }

    @Test(
        "give no life where the number is none, and the shorter of two",
        arguments: [
            ("max-age=", nil as Int64?), ("max-age", 0), ("max-age=x", 0), ("max-age=-1", 0), ("max-age=1.5", 0),
            ("max-age=60, max-age=10", 10), ("max-age=10, max-age=60", 10),
            ("max-age=99999999999999999999", CacheDirectives.secondsMax), ("max-age=\"30\"", 30),
        ])
    func numbers(text: String, seconds: Int64?) {
        #expect(CacheDirectives(parsing: text)?.maxAgeSeconds == seconds, "\(text)")
    }

    @Test(
        "are none at all where the list is broken", arguments: ["=1", "a b", "max-age=60;x", "x=\"open", "a=,b", "é"])
    func broken(text: String) {
        #expect(CacheDirectives(parsing: text) == nil)
    }
}
