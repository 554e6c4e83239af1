extension JSONValue {
    /// What is at `pointer` (RFC 6901, section 4), or nil.
    package subscript(_ pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .array(let elements):
                guard let index = JSONPointer.index(token, in: elements.indices) else { return nil }
                value = elements[index]
            case .object(let object):
                guard let member = object[token] else { return nil }
                value = member
            default: return nil
            }
        }
        return value
    }
}

extension JSONPointer {
    /// The array index that `token` spells: digits without a leading zero, within `range`.
    static func index(_ token: String, in range: Range<Int>) -> Int? {
        guard let index = Int(token), range.contains(index), String(index) == token else { return nil }
        return index
    }
}
