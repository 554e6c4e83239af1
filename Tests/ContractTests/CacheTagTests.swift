import Contract
import Testing

@Suite struct CacheTagTests {
    @Test func tagsComeBack() throws {
        let tags = [CacheTag("things"), CacheTag("thing", "a b,c"), CacheTag("thing", "é")]
        #expect(CacheTag.join(tags) == "things,thing/a%20b%2Cc,thing/%C3%A9")
        #expect(CacheTag.parse(CacheTag.join(tags)) == tags)
        #expect(CacheTag.parse("a, b") == [CacheTag("a"), CacheTag("b")])
        #expect(CacheTag.parse("") == [])
    }

    @Test(arguments: [
        "a b", "a,\u{E9}", String(repeating: "a", count: 257), (0...128).map(String.init).joined(separator: ","),
    ])
    func whatIsNoListOfTagsIsNone(text: String) {
        #expect(CacheTag.parse(text) == nil)
    }

    @Test func aTemplateSaysWhatATagSays() {
        let template: CacheTagTemplate = "thing/{thing}"
        #expect(template.tag(PathParameters([("thing", "a b")])) == CacheTag("thing", "a b"))
        #expect(template.tag(PathParameters([("thing", String(repeating: "a", count: 300))])) == nil)
        #expect(template.parameters == ["thing"])
    }
}
