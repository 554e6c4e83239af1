package import Primitives

extension RawSpan {
    /// The whole span as one big-endian integer.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) throws(CellFault) -> Integer {
        guard byteCount == Integer.bitWidth / 8 else { throw .wrongLength }
        return integer(type, at: 0)
    }

    /// The big-endian integer at `offset`, which the caller has checked to fit.
    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type, at offset: Int) -> Integer {
        unsafe Integer(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
    }
}

extension Bool: PostgresCodable {
    package static var postgresType: PostgresType { .bool }
    package static func reads(_ type: PostgresType) -> Bool { type == .bool }
    package func encode(into writer: inout BinaryWriter) { writer.write(self ? 1 : 0 as UInt8) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Bool {
        try bytes.integer(UInt8.self) != 0
    }
}

extension Int16: PostgresCodable {
    package static var postgresType: PostgresType { .int2 }
    package static func reads(_ type: PostgresType) -> Bool { type == .int2 }
    package func encode(into writer: inout BinaryWriter) { writer.write(self) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Int16 {
        try bytes.integer(Int16.self)
    }
}

extension Int32: PostgresCodable {
    package static var postgresType: PostgresType { .int4 }
    package static func reads(_ type: PostgresType) -> Bool { type == .int4 }
    package func encode(into writer: inout BinaryWriter) { writer.write(self) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Int32 {
        try bytes.integer(Int32.self)
    }
}

extension Int64: PostgresCodable {
    package static var postgresType: PostgresType { .int8 }
    package static func reads(_ type: PostgresType) -> Bool { type == .int8 }
    package func encode(into writer: inout BinaryWriter) { writer.write(self) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Int64 {
        try bytes.integer(Int64.self)
    }
}

extension Int: PostgresCodable {
    package static var postgresType: PostgresType { .int8 }
    package static func reads(_ type: PostgresType) -> Bool { type == .int8 }
    package func encode(into writer: inout BinaryWriter) { writer.write(Int64(self)) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Int {
        Int(try bytes.integer(Int64.self))
    }
}

extension Double: PostgresCodable {
    package static var postgresType: PostgresType { .float8 }
    package static func reads(_ type: PostgresType) -> Bool { type == .float8 }
    package func encode(into writer: inout BinaryWriter) { writer.write(bitPattern) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Double {
        Double(bitPattern: try bytes.integer(UInt64.self))
    }
}

/// `text`, `varchar`, `char(n)`, `name`; also types made by `CREATE TYPE … AS ENUM` and `citext`, whose binary form
/// is their text.
extension String: PostgresCodable {
    package static var postgresType: PostgresType { .text }

    package static func reads(_ type: PostgresType) -> Bool {
        type == .text || type == .varchar || type == .bpchar || type == .name || type.isUserDefined
    }

    package func encode(into writer: inout BinaryWriter) { writer.write(utf8) }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> String {
        let text = unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .invalidText }
        return text
    }
}

/// `timestamptz`: microseconds since 2000-01-01T00:00:00Z, where the extremes stand for infinity.
extension Timestamp: PostgresCodable {
    private static let epochMicroseconds: Int64 = 946_684_800_000_000

    package static var postgresType: PostgresType { .timestamptz }
    package static func reads(_ type: PostgresType) -> Bool { type == .timestamptz }

    package func encode(into writer: inout BinaryWriter) {
        // What lies outside Postgres' range must be refused by the server, never become an infinity.
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Self.epochMicroseconds)
        writer.write(overflow || shifted == .min ? .min + 1 : shifted)
    }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> Timestamp {
        let shifted = try bytes.integer(Int64.self)
        let (microseconds, overflow) = shifted.addingReportingOverflow(epochMicroseconds)
        guard !overflow, shifted != .min, shifted != .max else { throw .outOfRange }
        return Timestamp(microseconds: microseconds)
    }
}

extension UUIDv7: PostgresCodable {
    package static var postgresType: PostgresType { .uuid }
    package static func reads(_ type: PostgresType) -> Bool { type == .uuid }

    package func encode(into writer: inout BinaryWriter) {
        writer.write(high)
        writer.write(low)
    }

    package static func decode(_ bytes: RawSpan, as _: PostgresType) throws(CellFault) -> UUIDv7 {
        guard bytes.byteCount == 16 else { throw .wrongLength }
        return UUIDv7(high: bytes.integer(UInt64.self, at: 0), low: bytes.integer(UInt64.self, at: 8))
    }
}

extension Identifier: PostgresCodable {
    package static var postgresType: PostgresType { .uuid }
    package static func reads(_ type: PostgresType) -> Bool { type == .uuid }
    package func encode(into writer: inout BinaryWriter) { uuid.encode(into: &writer) }

    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(CellFault) -> Self {
        Self(try UUIDv7.decode(bytes, as: type))
    }
}
