internal import Contract
internal import JSON
internal import Primitives

/// Texts and lists in every place.
private struct Texts: Sendable, Equatable {
    let id: Identifier<Texts>
    let key: String?
    let name: String
    let note: String?
    let tags: [String]
    let nick: Change<String?>

    static let shape = Shape(
        Texts.init, .path("id", \.id), .header("x-key", \.key),
        .body("name", \.name, .length(1...5)), .body("note", \.note, whenNil: .omit),
        .body("tags", \.tags, .default([]), .distinct(0...2, eachLength: 1...3)), .body("nick", \.nick))
}

/// Numbers, times and flags.
private struct Numbers: Sendable, Equatable {
    let page: Int
    let since: Timestamp
    let count: Int
    let flag: Bool

    static let shape = Shape(
        Numbers.init, .query("page", \.page, .default(1), .range(1...9)),
        .body("since", \.since), .body("count", \.count, .range(-5...1_000_000)),
        .body("flag", \.flag, .default(false)))
}

extension FuzzTarget {
    /// Lines are the id, the query, a header and the body. An input is decoded or has faults, and what was decoded is
    /// encoded to what decodes to the same.
    static let contract = FuzzTarget(
        name: "contract",
        dictionary: [
            "01890000-0000-7000-8000-000000000001", "page=3", "since=2026-01-02T03:04:05.678Z", "&", "%41",
            "{\"name\":\"abc\"}",
            "\"note\":null,", "\"tags\":[\"a\",\"b\"],", "\"nick\":null,", "\"nick\":\"x\",", "\"count\":1e3,",
            "\"flag\":true,", "\"extra\":0,",
        ]
    ) { (bytes) throws(FuzzFinding) in
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false).map(
            \.text)
        guard lines.count == 4, let query = try? QueryParameters(parsing: lines[1]) else { return }
        let header = lines[2]
        for refusesUnknown in [true, false] {
            let source = FieldSource(
                path: PathParameters([("id", lines[0])]), query: query,
                header: { $0 == "x-key" && !header.isEmpty ? header : nil },
                body: (try? JSONValue.parse(lines[3]))?.object, refusesUnknown: refusesUnknown)
            try expectSame(Texts.shape, source)
            try expectSame(Numbers.shape, source)
        }
    }

    private static func expectSame<Value: Equatable>(
        _ shape: Shape<Value>, _ source: FieldSource
    ) throws(FuzzFinding) {
        var faults: [FieldFault] = []
        guard let value = shape.decode(source, &faults) else {
            return try require(!faults.isEmpty, "refused without a fault")
        }
        try require(faults.isEmpty, "decoded, with the faults \(faults)")
        var sink = FieldSink()
        sink.body.beginObject()
        shape.encode(value, into: &sink)
        sink.body.endObject()
        let headers = sink.headers
        guard let query = try? QueryParameters(parsing: QueryParameters.encode(sink.query)),
            let body = try? JSONValue.parse(sink.body.bytes).object
        else { throw FuzzFinding("what was encoded cannot be read: \(sink.body.bytes.text)") }
        let written = FieldSource(
            path: PathParameters(sink.path), query: query,
            header: { name in headers.first { $0.name == name }?.value }, body: body)
        let again = shape.decode(written, &faults)
        try require(again == value, "\(value) became \(String(describing: again)) \(faults)")
    }
}
