public import JSON
public import Primitives

/// A type that knows its form in JSON.
@usableFromInline package protocol JSONRepresentable: Sendable {
    static var schema: SchemaDescription { get }
    /// The value that an absent member stands for; nil where a member must be there.
    static var absent: Self? { get }
    /// Whether this value may be left out.
    var isAbsent: Bool { get }
    /// Whether such a value is always left out, since `null` would mean something else.
    static var isOmittedWhenAbsent: Bool { get }
    /// Reads `json`, which stands at `pointer`; appends every fault and returns nil where there is one.
    ///
    /// - Parameter strict: whether unknown members of objects are faults.
    init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault])
    func encode(into writer: inout JSONWriter)
}

extension JSONRepresentable {
    @inlinable package static var absent: Self? { nil }
    @inlinable package var isAbsent: Bool { false }
    @inlinable package static var isOmittedWhenAbsent: Bool { false }

    /// This value as a tree; for documents and tests, not for the hot path.
    package var json: JSONValue {
        var writer = JSONWriter()
        encode(into: &writer)
        return (try? JSONValue.parse(writer.bytes)) ?? .null
    }
}

@usableFromInline func appendTypeFault(_ pointer: String, _ expected: String, _ faults: inout [FieldFault]) {
    faults.append(FieldFault(.body(pointer: pointer), "type", "It must be \(expected)."))
}

extension String: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { SchemaDescription(["type": .string("string")]) }

    @usableFromInline package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .string(let text) = json else {
            appendTypeFault(pointer, "a string", &faults)
            return nil
        }
        // Postgres' text cannot hold U+0000, and nothing that a person writes needs it.
        guard !text.utf8.contains(0) else {
            faults.append(FieldFault(.body(pointer: pointer), "format", "It must not hold U+0000."))
            return nil
        }
        self = text
    }

    @inlinable package func encode(into writer: inout JSONWriter) { writer.string(self) }
}

extension Bool: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { SchemaDescription(["type": .string("boolean")]) }

    @usableFromInline package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .bool(let value) = json else {
            appendTypeFault(pointer, "true or false", &faults)
            return nil
        }
        self = value
    }

    @inlinable package func encode(into writer: inout JSONWriter) { writer.bool(self) }
}

extension Int: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { SchemaDescription(["type": .string("integer")]) }

    @usableFromInline package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .integer(let value) = json, let int = Int(exactly: value) else {
            appendTypeFault(pointer, "a whole number", &faults)
            return nil
        }
        self = int
    }

    @inlinable package func encode(into writer: inout JSONWriter) { writer.integer(Int64(self)) }
}

extension Timestamp: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription {
        SchemaDescription(["type": .string("string"), "format": .string("date-time")])
    }

    package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .string(let text) = json, let value = Timestamp(text) else {
            appendTypeFault(pointer, "an RFC 3339 date and time", &faults)
            return nil
        }
        // What is answered later has no more than that either.
        self = value.truncatedToMilliseconds
    }

    package func encode(into writer: inout JSONWriter) {
        writer.plainString(count: Self.textBytes) { write(to: $0) }
    }
}

extension Identifier: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription {
        SchemaDescription(["type": .string("string"), "format": .string("uuid")])
    }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .string(let text) = json, let value = Identifier(text) else {
            appendTypeFault(pointer, "an id", &faults)
            return nil
        }
        self = value
    }

    @inlinable package func encode(into writer: inout JSONWriter) {
        writer.plainString(count: UUIDv7.textBytes) { uuid.write(to: $0) }
    }
}

/// Any JSON value, taken as it is.
extension JSONValue: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { SchemaDescription([:]) }

    @usableFromInline package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        self = json
    }

    @usableFromInline package func encode(into writer: inout JSONWriter) { writer.value(self) }
}

extension Optional: JSONRepresentable where Wrapped: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { Wrapped.schema.nullable }
    @inlinable package static var absent: Wrapped?? { .some(.none) }
    @inlinable package var isAbsent: Bool { self == nil }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        if case .null = json {
            self = .none
            return
        }
        guard let value = Wrapped(json: json, at: pointer, strict: strict, faults: &faults) else { return nil }
        self = .some(value)
    }

    @inlinable package func encode(into writer: inout JSONWriter) {
        if let self { self.encode(into: &writer) } else { writer.null() }
    }
}

extension Array: JSONRepresentable where Element: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { Element.schema.arrayOf }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .array(let items) = json else {
            appendTypeFault(pointer, "an array", &faults)
            return nil
        }
        self.init()
        reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let value = Element(json: item, at: "\(pointer)/\(index)", strict: strict, faults: &faults) else {
                continue
            }
            append(value)
        }
        guard count == items.count else { return nil }
    }

    @inlinable package func encode(into writer: inout JSONWriter) {
        writer.beginArray()
        for item in self { item.encode(into: &writer) }
        writer.endArray()
    }
}

/// An enumeration whose raw values are the JSON strings.
@usableFromInline package protocol JSONEnumeration: JSONRepresentable, RawRepresentable<String>, CaseIterable {}

extension JSONEnumeration {
    @usableFromInline package static var schema: SchemaDescription {
        SchemaDescription(["type": .string("string"), "enum": .array(allCases.map { .string($0.rawValue) })])
    }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .string(let text) = json, let value = Self(rawValue: text) else {
            faults.append(Self.unknownCase(at: pointer))
            return nil
        }
        self = value
    }

    @inlinable package func encode(into writer: inout JSONWriter) { writer.string(rawValue) }

    @usableFromInline static func unknownCase(at pointer: String) -> FieldFault {
        let known = allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return FieldFault(.body(pointer: pointer), "enum", "It must be one of \(known).")
    }
}
