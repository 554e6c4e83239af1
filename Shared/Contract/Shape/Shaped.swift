public import JSON

/// A value that is a JSON object described by a shape of `.body` fields.
@usableFromInline package protocol Shaped: JSONRepresentable {
    static var shape: Shape<Self> { get }
}

extension Shaped {
    @usableFromInline package static var schema: SchemaDescription { shape.objectSchema }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .object(let object) = json else {
            appendTypeFault(pointer, "an object", &faults)
            return nil
        }
        let source = FieldSource(body: object, bodyPointer: pointer, refusesUnknown: strict)
        guard let value = Self.shape.decode(source, &faults) else { return nil }
        self = value
    }

    @inlinable package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        var sink = FieldSink(body: writer)
        // The writer's buffer must have one owner, or the first append copies it.
        writer = JSONWriter()
        Self.shape.encode(self, into: &sink)
        writer = sink.body
        writer.endObject()
    }
}
