import Contract
import JSON
import Primitives
import Testing

private struct Sample: Sendable, Equatable {
    let id: Identifier<Sample>
    let page: Int
    let name: String
    let note: String?
    let tags: [String]
    let nick: Change<String?>

    static let shape = Shape(
        Sample.init, .path("id", \.id), .query("page", \.page, .default(1), .range(1...9)),
        .body("name", \.name, .length(1...5)), .body("note", \.note, whenNil: .omit),
        .body("tags", \.tags, .default([]), .distinct(0...2, eachLength: 1...3)), .body("nick", \.nick))
}

@Suite struct ShapeTests {
    private let id = "01890000-0000-7000-8000-000000000001"

    private func decode(_ body: String, query: String = "", id: String? = nil) throws -> (Sample?, [FieldFault]) {
        var faults: [FieldFault] = []
        let source = FieldSource(
            path: PathParameters([("id", id ?? self.id)]), query: try QueryParameters(parsing: query),
            body: try JSONValue.parse(Array(body.utf8)).object)
        return (Sample.shape.decode(source, &faults), faults)
    }

    @Test func fillsDefaultsAndTellsAbsentNullAndValueApart() throws {
        let (absent, _) = try decode(#"{"name":"a"}"#)
        #expect(absent?.page == 1 && absent?.tags == [] && absent?.note == nil && absent?.nick == .unchanged)
        let (null, _) = try decode(#"{"name":"a","nick":null,"note":null}"#)
        #expect(null?.nick == .set(nil))
        let (value, _) = try decode(#"{"name":"a","nick":"b"}"#, query: "page=3")
        #expect(value?.nick == .set("b") && value?.page == 3)
    }

    @Test func tellsAllFaultsAtOnce() throws {
        let (value, faults) = try decode(
            #"{"name":"too long","tags":["a","a"],"nick":1,"extra":true,"a/b":0}"#, query: "page=10&more=1", id: "x")
        #expect(value == nil)
        #expect(
            faults.map { "\($0.place) \($0.code)" } == [
                #"path("id") format"#, #"query("page") range"#, #"body(pointer: "/name") length"#,
                #"body(pointer: "/tags") duplicate"#, #"body(pointer: "/nick") type"#,
                #"body(pointer: "/extra") unknown"#, #"body(pointer: "/a~1b") unknown"#, #"query("more") unknown"#,
            ])
    }

    @Test(arguments: [
        (#"{}"#, "/name", "required"), (#"{"name":null}"#, "/name", "type"),
        (#"{"name":"a\u0000"}"#, "/name", "format"),
        (#"{"name":"a","tags":[1]}"#, "/tags/0", "type"), (#"{"name":"a","tags":{}}"#, "/tags", "type"),
        (#"{"name":"a","tags":["a","b","c"]}"#, "/tags", "length"), (#"{"name":""}"#, "/name", "length"),
    ])
    func pointsAtTheFault(body: String, pointer: String, code: String) throws {
        let (_, faults) = try decode(body)
        #expect(faults.map(\.place) == [.body(pointer: pointer)])
        #expect(faults.map(\.code) == [code])
    }

    @Test func whatIsEncodedDecodesToTheSame() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let sample = Sample(
                id: .make(), page: Int.random(in: 1...9, using: &generator), name: String("äb/\"\n😀".prefix(3)),
                note: Bool.random() ? "n" : nil, tags: Bool.random() ? ["x", "y"] : [],
                nick: Bool.random() ? .set(Bool.random() ? "z" : nil) : .unchanged)
            var sink = FieldSink()
            sink.body.beginObject()
            Sample.shape.encode(sample, into: &sink)
            sink.body.endObject()
            var faults: [FieldFault] = []
            let source = FieldSource(
                path: PathParameters(sink.path),
                query: try QueryParameters(parsing: QueryParameters.encode(sink.query)),
                body: try JSONValue.parse(sink.body.bytes).object)
            #expect(Sample.shape.decode(source, &faults) == sample)
        }
    }
}

@Suite struct QueryTests {
    @Test(arguments: [
        ("a=1&b=x%20y+z", ["a": "1", "b": "x y z"]), ("", [:]), ("a", ["a": ""]), ("a=b=c", ["a": "b=c"]),
        ("%61=%C3%A4", ["a": "ä"]),
    ])
    func parses(query: String, expected: [String: String]) throws {
        let parsed = try QueryParameters(parsing: query)
        #expect(Dictionary(uniqueKeysWithValues: parsed.names.map { ($0, parsed[$0] ?? "") }) == expected)
    }

    @Test(arguments: ["a=1&a=2", "a=%", "a=%f", "a=%zz", "a=%ff", "%00%80=1"])
    func refuses(query: String) {
        #expect(throws: FieldFault.self) { try QueryParameters(parsing: query) }
    }

    @Test func boundsTheirNumber() {
        let many = (0...QueryParameters.itemsMax).map { "p\($0)=1" }.joined(separator: "&")
        #expect(throws: FieldFault.self) { try QueryParameters(parsing: many) }
    }
}

@Suite struct EntityTagTests {
    @Test(arguments: [("\"7\"", 7, ""), ("\"12-ab-c\"", 12, "ab-c"), ("\"0-\"", 0, "")])
    func parses(text: String, version: Int, hash: String) {
        #expect(EntityTag(text) == EntityTag(version: version, hash: hash))
    }

    @Test(arguments: ["", "\"", "\"\"", "7", "\"x\"", "W/\"7\"", "\"-1\"", "\"07\"", "\"+7\""])
    func refuses(text: String) {
        #expect(EntityTag(text) == nil || EntityTag(text)?.version == -1)
    }

    @Test func ifMatchComparesVersionsOnly() throws {
        let condition = try #require(IfMatch(text: "\"7-abc\", \"foreign\", \"9\""))
        #expect(condition.allows(7) && condition.allows(9) && !condition.allows(8))
        #expect(IfMatch(text: "*")?.allows(1) == true)
        #expect(IfMatch(text: "7") == nil)
    }
}
