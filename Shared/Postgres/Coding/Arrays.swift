package import Primitives

/// A value that can stand in an array; `[UInt8]` is the exception and means `bytea`.
package protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func readsArray(_ type: PostgresType) -> Bool
    static func encodeArray(_ array: [Self], into writer: inout BinaryWriter)
    static func decodeArray(_ bytes: RawSpan) throws(CellFault) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package func encode(into writer: inout BinaryWriter) { Element.encodeArray(self, into: &writer) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package static func reads(_ type: PostgresType) -> Bool { Element.readsArray(type) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> [Element] {
        try Element.decodeArray(bytes)
    }
}

/// One-dimensional arrays in binary format (PostgreSQL source, `array_send`): dimensions, a NULL flag, the element
/// type, then length and lower bound, then each element behind its length.
extension PostgresArrayElement {
    package static func readsArray(_ type: PostgresType) -> Bool { type == postgresArrayType }
}

extension PostgresArrayElement where Self: PostgresCodable {
    package static func encodeArray(_ array: [Self], into writer: inout BinaryWriter) {
        writer.write(Int32(array.isEmpty ? 0 : 1))
        writer.write(Int32(0))
        writer.write(postgresType.oid)
        guard !array.isEmpty else { return }
        writer.write(Int32(clamping: array.count))
        writer.write(Int32(1))
        for element in array { writer.writeElement(element) }
    }

    package static func decodeArray(_ bytes: RawSpan) throws(CellFault) -> [Self] {
        guard bytes.byteCount >= 12 else { throw .wrongLength }
        let dimensions = bytes.integer(Int32.self, at: 0)
        let elementType = PostgresType(oid: bytes.integer(UInt32.self, at: 8))
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.byteCount >= 20, reads(elementType) else { throw .unknownValue }
        let count = Int(bytes.integer(Int32.self, at: 12))
        // Each element takes four bytes at least, so that a forged count cannot reserve much.
        guard count >= 0, count <= (bytes.byteCount - 20) / 4 else { throw .wrongLength }
        var elements: [Self] = []
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            guard bytes.byteCount - offset >= 4 else { throw .wrongLength }
            let length = Int(bytes.integer(Int32.self, at: offset))
            offset += 4
            if length < 0 {
                elements.append(try decodeNull())
                continue
            }
            guard bytes.byteCount - offset >= length else { throw .wrongLength }
            elements.append(try decode(bytes.extracting(offset..<offset + length), as: elementType))
            offset += length
        }
        guard offset == bytes.byteCount else { throw .wrongLength }
        return elements
    }
}

extension Bool: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .boolArray }
}

extension Int16: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int2Array }
}

extension Int32: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int4Array }
}

extension Int64: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int8Array }
}

extension Int: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int8Array }
}

extension Double: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .float8Array }
}

extension String: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .textArray }
    package static func readsArray(_ type: PostgresType) -> Bool { type == .textArray || type == .varcharArray }
}

extension Timestamp: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .timestamptzArray }
}

extension UUIDv7: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .uuidArray }
}

extension Identifier: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .uuidArray }
}

extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }
    package static func encodeArray(_ array: [UInt8], into writer: inout BinaryWriter) { writer.write(array) }
    package static func decodeArray(_ bytes: RawSpan) throws(CellFault) -> [UInt8] { bytes.copied }
}
