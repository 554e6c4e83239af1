/// A JSON document or a part of one (RFC 8259, section 3).
///
/// `.integer` and `.number` are different values: `1` is the first, `1.0` and `1e0` are the second, so that 64-bit
/// integers survive exactly.
@usableFromInline package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    /// An integral literal that fits 64 bits.
    case integer(Int64)
    /// Any other number. Always finite when it was parsed.
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var isNull: Bool { self == .null }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The number, whichever way it was spelled.
    package var double: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The compact encoding, in UTF-8.
    package var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }
}
