internal import Primitives

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

    // Members whose names have no character that needs an escape.

    package mutating func member(_ name: StaticString, integer value: Int64) {
        add(bytesMax: name.utf8CodeUnitCount + 3 + OutputSpan<UInt8>.decimalBytesMax) { text in
            text.append(name: name)
            text.append(decimal: value)
        }
    }

    package mutating func member(_ name: StaticString, string value: String) { add(string: value, behind: name) }

    /// A string of `count` ASCII characters, none of which needs an escape, that `fill` writes.
    package mutating func member(
        _ name: StaticString, plainBytes count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void
    ) {
        add(bytesMax: name.utf8CodeUnitCount + count + 5) { text in
            text.append(name: name)
            text.append(plainBytes: count, fill)
        }
    }

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
