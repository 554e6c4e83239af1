import JSON
import Testing

@Suite struct JSONPointerTests {
    /// The document and the pointers of RFC 6901, section 5.
    private static let document = """
        {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\\\j": 5, "k\\"l": 6, " ": 7,
        "m~n": 8}
        """

    @Test(arguments: [
        ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"), ("/e^f", "3"),
        ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"),
    ])
    func names(text: String, value: String) throws {
        let document = try JSONValue.parse(Self.document)
        let pointer = try #require(JSONPointer(parsing: text))
        #expect(document[pointer] == (try JSONValue.parse(value)))
        #expect(pointer.description == text)
    }

    @Test func theEmptyPointerIsTheWholeDocument() throws {
        let document = try JSONValue.parse(Self.document)
        #expect(JSONPointer(parsing: "") == .root && document[.root] == document)
    }

    @Test(arguments: ["foo", "/~", "/~2", "/a~", "#/foo", " /foo", "~0"])
    func refuses(text: String) {
        #expect(JSONPointer(parsing: text) == nil)
    }

    @Test(arguments: [
        "/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/foo/-1", "/foo/1e0", "/foo/", "/foo/bar", "/foo/0/0", "/nothing",
        "/foo/99999999999999999999",
    ])
    func leadsNowhere(text: String) throws {
        let document = try JSONValue.parse(Self.document)
        #expect(document[try #require(JSONPointer(parsing: text))] == nil)
    }

    /// `~01` is `~1` and never `/`.
    @Test func escapesAreReadOnce() {
        #expect(JSONPointer(parsing: "/~01~10~00")?.tokens == ["~1/0~0"])
        #expect(JSONPointer(["~1/0~0", ""]).description == "/~01~10~00/")
    }
}
