internal import JSON

/// How a value is made of the fields of a message or of a JSON object: one value decodes, encodes, checks and
/// describes.
///
///     Shape(Input.init, .path("article", \.article), .body("text", \.text, .length(1...5000)))
///
/// The fields stand in the order of the initialiser's parameters; a missing or swapped one does not compile.
package struct Shape<Value: Sendable>: Sendable {
    /// The name under which documents define it; nil for a message that is described in place.
    package let name: String?
    package let fields: [FieldDescription]
    package let hasBody: Bool
    private let decodeFields: @Sendable (FieldSource, inout [FieldFault]) -> Value?
    let encodeFields: @Sendable (Value, inout FieldSink) -> Void

    package init<each Member>(
        _ make: @escaping @Sendable (repeat each Member) -> Value, named name: String? = nil,
        _ field: repeat Field<Value, each Member>
    ) {
        self.name = name
        var descriptions: [FieldDescription] = []
        repeat descriptions.append((each field).description)
        fields = descriptions
        decodeFields = { source, faults in
            // Every field is decoded before the value is made, so that all faults are told at once.
            let members = (repeat (each field).decode(source, &faults))
            var isComplete = true
            repeat isComplete = isComplete && (each members).isSome
            guard isComplete, faults.isEmpty else { return nil }
            return try? make(repeat unwrap(each members))
        }
        var encode: @Sendable (Value, inout FieldSink) -> Void = { _, _ in }
        repeat encode = Shape.joined(encode, (each field).encode)
        encodeFields = encode
        hasBody = descriptions.contains { $0.place == .body }
    }

    /// One after the other. Closures of closures: a pack that is unfolded at each call has its types made at each call.
    private static func joined(
        _ first: @escaping @Sendable (Value, inout FieldSink) -> Void,
        _ second: @escaping @Sendable (Value, inout FieldSink) -> Void
    ) -> @Sendable (Value, inout FieldSink) -> Void {
        { value, sink in
            first(value, &sink)
            second(value, &sink)
        }
    }

    /// Decodes from `source`, or appends every fault that it finds and returns nil.
    package func decode(_ source: FieldSource, _ faults: inout [FieldFault]) -> Value? {
        var found: [FieldFault] = []
        let value = decodeFields(source, &found)
        if source.refusesUnknown, source.body != nil || !source.query.isEmpty { found += unknownFaults(source) }
        if !found.isEmpty { faults += found }
        return found.isEmpty ? value : nil
    }

    package func encode(_ value: Value, into sink: inout FieldSink) {
        encodeFields(value, &sink)
    }

    private func unknownFaults(_ source: FieldSource) -> [FieldFault] {
        var faults: [FieldFault] = []
        for member in source.body?.members ?? [] where !declares(member.name, .body) {
            faults.append(
                FieldFault(.body(pointer: source.pointer(to: member.name)), "unknown", "There is no such member."))
        }
        for name in source.query.names where !declares(name, .query) {
            faults.append(FieldFault(.query(name), "unknown", "There is no such parameter."))
        }
        return faults
    }

    private func declares(_ name: String, _ place: FieldDescription.Place) -> Bool {
        fields.contains { $0.place == place && $0.name == name }
    }
}

private struct Absent: Error {}

private func unwrap<Member>(_ member: Member?) throws -> Member {
    guard let member else { throw Absent() }
    return member
}

extension Optional {
    fileprivate var isSome: Bool { self != nil }
}
