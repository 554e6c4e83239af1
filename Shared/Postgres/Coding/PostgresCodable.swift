/// A value that can be a statement's parameter.
package protocol PostgresEncodable: Sendable {
    /// The parameter's type, declared to the server when the statement is prepared.
    static var postgresType: PostgresType { get }
    /// Writes exactly one value in Postgres' binary format, or NULL.
    func encode(into writer: inout BinaryWriter)
}

/// A value that can be read from a column.
package protocol PostgresDecodable: Sendable {
    /// Whether a column of this type can be read. Nothing is widened silently: an `int4` column is not an `Int`.
    static func reads(_ type: PostgresType) -> Bool
    /// The value of a column that is not NULL, in Postgres' binary format.
    static func decode(_ bytes: RawSpan, as type: PostgresType) throws(CellFault) -> Self
    /// The value of a column that is NULL.
    static func decodeNull() throws(CellFault) -> Self
}

extension PostgresDecodable {
    package static func decodeNull() throws(CellFault) -> Self { throw .unexpectedNull }
}

package typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }

    package func encode(into writer: inout BinaryWriter) {
        if let self { self.encode(into: &writer) } else { writer.writeNull() }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func reads(_ type: PostgresType) -> Bool { Wrapped.reads(type) }

    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(CellFault) -> Self {
        try Wrapped.decode(bytes, as: type)
    }

    package static func decodeNull() throws(CellFault) -> Self { nil }
}

/// An enumeration with text cases is a `text` column or a Postgres enumeration: declare the conformance, the rest is
/// here.
extension PostgresEncodable where Self: RawRepresentable, RawValue == String {
    package static var postgresType: PostgresType { .unspecified }
    package func encode(into writer: inout BinaryWriter) { writer.write(rawValue.utf8) }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue == String {
    package static func reads(_ type: PostgresType) -> Bool { String.reads(type) }

    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(CellFault) -> Self {
        guard let value = Self(rawValue: try String.decode(bytes, as: type)) else { throw .unknownValue }
        return value
    }
}
