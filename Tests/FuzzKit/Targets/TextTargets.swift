internal import Contract
internal import Primitives
internal import Protocol
internal import Telemetry

extension FuzzTarget {
    /// Small texts of headers and fields: what is read and written again reads as the same.
    static let texts = FuzzTarget(
        name: "texts",
        dictionary: [
            "2026-02-29T23:59:60Z", "2024-02-29T00:00:00.123456789+14:00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "01890000-0000-7000-8000-000000000001", "W/\"1\"", "\"1-a\"", "*", ", ", "\"a\\\"b\"", "a@b.example",
            "a=b&c=d", "%C3%A9", "AAAA",
        ]
    ) { (bytes) throws(FuzzFinding) in
        let text = bytes.text
        if let value = Timestamp(text) {
            // Written to the millisecond.
            let written = value.description
            try require(Timestamp(written)?.description == written, "the timestamp \(text)")
        }
        if let value = UUIDv7(text) {
            try require(UUIDv7(value.description) == value && text.utf8.count == 36, "the identifier \(text)")
        }
        if let value = TraceState(text) {
            // It may stand in a header field.
            let isField = value.description.utf8.allSatisfy { $0 == 9 || (0x20...0x7E).contains($0) }
            try require(isField, "the state of a trace \(text)")
        }
        if let value = TraceContext(text) { try require(TraceContext(value.description) == value, "the trace \(text)") }
        if let value = Base64URL.decode(text) { try require(Base64URL.encode(value) == text, "base64url \(text)") }
        if let value = Hex.decode(text) { try require(Hex.decode(Hex.encode(value)) == value, "hexadecimal \(text)") }
        if let value = EntityTag(text) { try require(EntityTag(value.description) == value, "the tag \(text)") }
        if let value = IdempotencyKey(header: [text]) {
            try require(IdempotencyKey(header: [value.headerValue]) == value, "the key \(text)")
        }
        if let value = EmailAddress(text) {
            try require(!value.text.utf8.contains { $0 <= 0x20 || $0 == 0x7F }, "the address \(text)")
        }
        _ = EntityTagCondition(parsing: text)
        _ = IfMatch(text: text)
        try expectQuery(text)
    }

    private static func expectQuery(_ text: String) throws(FuzzFinding) {
        guard let query = try? QueryParameters(parsing: text) else { return }
        let pairs = query.names.map { ($0, query[$0] ?? "") }
        let written = QueryParameters.encode(pairs)
        guard let again = try? QueryParameters(parsing: written) else {
            // A parameter without a name is read, and cannot be written.
            throw FuzzFinding("the query \(written) cannot be read")
        }
        try require(again.names == query.names, "the query \(text) became \(written)")
        for name in query.names { try require(again[name] == query[name], "\(name) of \(text)") }
    }
}
