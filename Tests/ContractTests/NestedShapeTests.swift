import Contract
import JSON
import Synchronization
import Testing

/// A number that notes where it was decoded.
private struct Noted: JSONRepresentable {
    final class Notes: Sendable {
        let pointers = Mutex<[String]>([])
    }

    @TaskLocal static var notes = Notes()
    static let schema = Int.schema
    let value: Int

    init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        Self.notes.pointers.withLock { $0.append(pointer) }
        guard let value = Int(json: json, at: pointer, strict: strict, faults: &faults) else { return nil }
        self.value = value
    }

    func encode(into writer: inout JSONWriter) { value.encode(into: &writer) }
}

private struct Level<Inner: JSONRepresentable>: Shaped {
    let before: Noted
    let inner: Inner
    let after: Noted

    static var shape: Shape<Level> {
        Shape(Level.init, .body("before", \.before), .body("inner", \.inner), .body("after", \.after))
    }
}

@Suite struct NestedShapeTests {
    private static let pointers = [
        "/before", "/inner/before", "/inner/inner/before", "/inner/inner/inner", "/inner/inner/after", "/inner/after",
        "/after",
    ]

    /// Decodes a body of three levels with numbers, but none where `isRefused` says so.
    private func decode(
        below root: String = "", isRefused: (String) -> Bool
    ) -> (isDecoded: Bool, decoded: [String], faults: [String]) {
        func leaf(_ pointer: String) -> JSONValue { isRefused(pointer) ? .null : .integer(1) }
        var json = leaf("/inner/inner/inner")
        for prefix in ["/inner/inner", "/inner", ""] {
            json = .object(["before": leaf("\(prefix)/before"), "inner": json, "after": leaf("\(prefix)/after")])
        }
        let notes = Noted.Notes()
        var faults: [FieldFault] = []
        let source = FieldSource(body: json.object, bodyPointer: root)
        let value = Noted.$notes.withValue(notes) {
            Level<Level<Level<Noted>>>.shape.decode(source, &faults)
        }
        return (value != nil, notes.pointers.withLock { $0 }, faults.map { "\($0.place) \($0.code)" })
    }

    @Test("a refusal costs no second look at any field, however deep", arguments: pointers)
    func decodesEachFieldOnce(refused: String) {
        let (isDecoded, decoded, faults) = decode { $0 == refused }
        #expect(!isDecoded)
        #expect(decoded == Self.pointers)
        #expect(faults == [#"body(pointer: "\#(refused)") type"#])
    }

    @Test func tellsFaultsInTheOrderOfTheFields() {
        let all = decode { _ in true }
        #expect(!all.isDecoded && all.decoded == Self.pointers)
        #expect(all.faults == Self.pointers.map { #"body(pointer: "\#($0)") type"# })
        let none = decode { _ in false }
        #expect(none.isDecoded && none.decoded == Self.pointers && none.faults.isEmpty)
    }

    @Test func pointsIntoTheWholeBody() {
        let (_, _, faults) = decode(below: "/items/0") { $0 == "/before" || $0 == "/inner/inner/after" }
        #expect(
            faults == [
                #"body(pointer: "/items/0/before") type"#, #"body(pointer: "/items/0/inner/inner/after") type"#,
            ])
        var unknown: [FieldFault] = []
        let level = JSONValue.object(["before": .integer(1), "inner": .integer(1), "after": .integer(1), "a/b": .null])
        let source = FieldSource(
            body: ["before": .integer(1), "inner": level, "after": .integer(1)], bodyPointer: "/items/0")
        #expect(Level<Level<Noted>>.shape.decode(source, &unknown) == nil)
        #expect(unknown.map(\.place) == [.body(pointer: "/items/0/inner/a~1b")])
    }
}
