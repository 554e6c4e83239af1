internal import JSON

/// How a value is made of the fields of a message or of a JSON object: one value decodes, encodes, checks and
/// describes.
///
///     Shape(Input.init, .path("article", \.article), .body("text", \.text, .length(1...5000)))
///
/// The fields stand in the order of the initialiser's parameters; a missing or swapped one does not compile. A class,
/// since every call gets some. What decodes and encodes is inlinable, here and in what it calls, so that it is compiled
/// for the types of each shape: without them their metadata would be looked up at each call.
@usableFromInline package final class Shape<Value: Sendable>: Sendable {
    /// The name under which documents define it; nil for a message that is described in place.
    @usableFromInline package let name: String?
    @usableFromInline package let fields: [FieldDescription]
    @usableFromInline package let hasBody: Bool
    @usableFromInline let decodeFields: @Sendable (FieldSource, inout [FieldFault]) -> Value?
    @usableFromInline let encodeFields: @Sendable (Value, inout FieldSink) -> Void

    @inlinable package init<each Member>(
        _ make: @escaping @Sendable (repeat each Member) -> Value, named name: String? = nil,
        _ field: repeat Field<Value, each Member>
    ) {
        self.name = name
        var descriptions: [FieldDescription] = []
        repeat descriptions.append((each field).description)
        fields = descriptions
        decodeFields = { source, faults in
            var begun = 0
            do throws(Refused) {
                let value = make(repeat try (each field).decode(source, &faults, counting: &begun))
                return faults.isEmpty ? value : nil
            } catch {
                // What follows the refused one, so that all faults are told at once. Nothing is decoded twice: each
                // level of nested shapes would double the work.
                repeat (each field).check(source, &faults, skipping: &begun)
                return nil
            }
        }
        var encode: @Sendable (Value, inout FieldSink) -> Void = { _, _ in }
        repeat encode = Shape.joined(encode, (each field).encode)
        encodeFields = encode
        hasBody = descriptions.contains { $0.place == .body }
    }

    /// One after the other. Closures of closures: a pack that is unfolded at each call has its types made at each call.
    @inlinable static func joined(
        _ first: @escaping @Sendable (Value, inout FieldSink) -> Void,
        _ second: @escaping @Sendable (Value, inout FieldSink) -> Void
    ) -> @Sendable (Value, inout FieldSink) -> Void {
        { value, sink in
            first(value, &sink)
            second(value, &sink)
        }
    }

    /// Decodes from `source`, or appends every fault that it finds and returns nil.
    @inlinable package func decode(_ source: FieldSource, _ faults: inout [FieldFault]) -> Value? {
        var found: [FieldFault] = []
        let value = decodeFields(source, &found)
        if source.refusesUnknown, source.body != nil || !source.query.isEmpty {
            source.appendUnknown(besides: fields, &found)
        }
        if !found.isEmpty { faults += found }
        return found.isEmpty ? value : nil
    }

    @inlinable package func encode(_ value: Value, into sink: inout FieldSink) {
        encodeFields(value, &sink)
    }
}

extension FieldSource {
    /// Appends a fault for each member and parameter that is none of `fields`.
    @usableFromInline func appendUnknown(besides fields: [FieldDescription], _ faults: inout [FieldFault]) {
        func declares(_ name: String, _ place: FieldDescription.Place) -> Bool {
            fields.contains { $0.place == place && $0.name == name }
        }
        for member in body?.members ?? [] where !declares(member.name, .body) {
            faults.append(
                FieldFault(
                    .body(pointer: pointer(to: JSONPointer([member.name]).description)), "unknown",
                    "There is no such member."))
        }
        for name in query.names where !declares(name, .query) {
            faults.append(FieldFault(.query(name), "unknown", "There is no such parameter."))
        }
    }
}

/// A field has no value; the faults say why.
@usableFromInline struct Refused: Error {
    @usableFromInline init() {}
}
