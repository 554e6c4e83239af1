import HTTP
import Testing

@testable import Gateway

@Suite("Keys of kept answers")
struct CacheKeyTests {
    private let rule = CacheKeyRule(parameters: ["tag", "limit", "cursor"], variesBy: [])

    private func target(_ raw: String) throws -> String? {
        rule.key(try CanonicalPath(raw), HeaderFields())?.target
    }

    @Test(
        "One spelling for all that mean the same",
        arguments: [
            ("/v1/a", "/v1/a"), ("/v1/a?", "/v1/a"), ("//v1/%61", "/v1/a"), ("/v1/a?&&", "/v1/a"),
            ("/v1/a?tag=x&limit=5", "/v1/a?tag=x&limit=5"), ("/v1/a?limit=5&tag=x", "/v1/a?tag=x&limit=5"),
            ("/v1/a?tag=%78", "/v1/a?tag=x"), ("/v1/a?tag=a+b", "/v1/a?tag=a%20b"),
            ("/v1/a?tag=a%20b", "/v1/a?tag=a%20b"), ("/v1/a?tag=%c3%a9", "/v1/a?tag=%C3%A9"),
            ("/v1/a?tag", "/v1/a?tag="), ("/v1/a?tag=", "/v1/a?tag="), ("/v1/a?tag=a=b", "/v1/a?tag=a%3Db"),
            ("/v1/a?tag=x&", "/v1/a?tag=x"), ("/v1/a?t%61g=x", "/v1/a?tag=x"),
        ])
    func spellings(raw: String, canonical: String) throws {
        #expect(try target(raw) == canonical)
    }

    @Test(
        "None for what the service refuses or reads by itself",
        arguments: [
            "/v1/a?other=1", "/v1/a?tag=x&other=1", "/v1/a?tag=x&tag=y", "/v1/a?tag=%zz", "/v1/a?tag=%ff",
            "/v1/a?Tag=x", "/v1/a?tag=x&tag=x", "/v1/a?=x",
        ])
    func none(raw: String) throws {
        #expect(try target(raw) == nil)
    }

    @Test("Fields that the contract names are part of it, and are what a fill sends")
    func varying() throws {
        let rule = CacheKeyRule(parameters: [], variesBy: ["accept-language", "x-kind"])
        let path = try CanonicalPath("/v1/a")
        let german = rule.key(path, ["accept-language": "de", "cookie": "a=b", "x-other": "1"])
        #expect(german == rule.key(path, ["accept-language": "de", "user-agent": "other"]))
        let keys = [
            german, rule.key(path, ["accept-language": "en"]), rule.key(path, HeaderFields()),
            rule.key(path, ["accept-language": ""]), rule.key(path, ["x-kind": "de"]),
            rule.key(path, ["accept-language": "de", "x-kind": "1"]),
        ].compactMap { $0 }
        #expect(Set(keys).count == 6)
        func sent(_ key: CacheKey) -> [String] { rule.fields(key).map { "\($0.name): \($0.value)" } }
        #expect(keys.map(sent)[0] == ["accept-language: de"] && keys.map(sent)[2] == [])
        #expect(keys.map(sent)[5] == ["accept-language: de", "x-kind: 1"])
        var twice: HeaderFields = ["accept-language": "de"]
        twice.append("accept-language", "en")
        #expect(rule.key(path, twice).map(sent) == ["accept-language: de, en"])
    }
}
