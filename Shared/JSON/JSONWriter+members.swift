extension JSONWriter {
    /// The bytes of one object whose members `body` writes.
    package static func object<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) -> [UInt8] {
        var writer = JSONWriter()
        try writer.object(body)
        return writer.bytes
    }

    package mutating func object<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginObject()
        try body(&self)
        endObject()
    }

    package mutating func array<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        beginArray()
        try body(&self)
        endArray()
    }

    /// A member whose name, as in all of these, has no character that needs an escape.
    package mutating func member(_ name: StaticString, bool value: Bool) {
        self.name(plain: name)
        bool(value)
    }

    package mutating func member(_ name: StaticString, strings values: [String]) {
        self.name(plain: name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    package mutating func member(_ name: StaticString, value: JSONValue) {
        self.name(plain: name)
        self.value(value)
    }
}
