/// A RESP2 reply (Redis serialization protocol specification, version 2).
package enum RedisReply: Hashable, Sendable {
    case status(String)
    case error(RedisFailure)
    case integer(Int64)
    case bytes([UInt8])
    case array([RedisReply])
    case null
}

extension RedisReply {
    /// The integer, or a `.protocolFault`.
    package func integer() throws(RedisFailure) -> Int64 {
        guard case .integer(let value) = self else { throw unexpected("an integer") }
        return value
    }

    /// The bytes of a bulk string, nil for null, or a `.protocolFault`.
    package func optionalBytes() throws(RedisFailure) -> [UInt8]? {
        switch self {
        case .bytes(let bytes): return bytes
        case .null: return nil
        default: throw unexpected("a bulk string")
        }
    }

    /// The text of a bulk string or status, or a `.protocolFault`.
    package func text() throws(RedisFailure) -> String {
        switch self {
        case .bytes(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .status(let text): return text
        default: throw unexpected("text")
        }
    }

    /// The elements, or a `.protocolFault`. Null is the empty array, as `XREAD` answers when nothing came.
    package func elements() throws(RedisFailure) -> [RedisReply] {
        switch self {
        case .array(let elements): return elements
        case .null: return []
        default: throw unexpected("an array")
        }
    }

    /// `OK`, or a `.protocolFault`.
    package func acknowledged() throws(RedisFailure) {
        guard case .status("OK") = self else { throw unexpected("OK") }
    }

    /// The elements as name, value, name, value; or a `.protocolFault`.
    package func pairs() throws(RedisFailure) -> [(name: String, value: RedisReply)] {
        let elements = try elements()
        guard elements.count.isMultiple(of: 2) else { throw unexpected("pairs") }
        var pairs: [(name: String, value: RedisReply)] = []
        pairs.reserveCapacity(elements.count / 2)
        for index in stride(from: 0, to: elements.count, by: 2) {
            pairs.append((try elements[index].text(), elements[index + 1]))
        }
        return pairs
    }

    func unexpected(_ wanted: String) -> RedisFailure {
        if case .error(let failure) = self { return failure }
        return .protocolFault("the reply is not \(wanted)")
    }
}
