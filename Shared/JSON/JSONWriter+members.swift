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

    package mutating func member(_ name: String, string value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: String, integer value: Int64) {
        self.name(name)
        integer(value)
    }

    package mutating func member(_ name: String, bool value: Bool) {
        self.name(name)
        bool(value)
    }

    package mutating func member(_ name: String, strings values: [String]) {
        self.name(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    package mutating func member(_ name: String, value: JSONValue) {
        self.name(name)
        self.value(value)
    }
}
