/// Reads one document off a buffer, once from front to back. The buffer must outlive the parser.
///
/// Every read goes through `current` or an explicit comparison with `bytes.count`: buffer pointers do not check their
/// bounds in release builds.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var at = 0
    private var depth = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The byte to read next, or nil at the end.
    @inline(__always)
    var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    func fault(_ reason: JSONFault.Reason, at offset: Int? = nil) -> JSONFault {
        JSONFault(reason, offset: offset ?? at)
    }

    mutating func document() throws(JSONFault) -> JSONValue {
        guard bytes.count <= limits.documentBytesMax else {
            throw fault(.documentTooLong, at: limits.documentBytesMax)
        }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw fault(.byteOrderMark) }
        skipSpace()
        let value = try value()
        skipSpace()
        guard at == bytes.count else { throw fault(.trailingBytes) }
        return value
    }

    @inline(__always)
    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func value() throws(JSONFault) -> JSONValue {
        guard let byte = current else { throw fault(.unexpectedEnd) }
        switch byte {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return try literal()
        case 0x80...: throw fault(UTF8Sequence.length(in: bytes, at: at) == nil ? .invalidUTF8 : .unexpectedByte)
        default: throw fault(.unexpectedByte)
        }
    }

    private mutating func literal() throws(JSONFault) -> JSONValue {
        let start = at
        while let byte = current, isLetter(byte) { at += 1 }
        let word = UnsafeBufferPointer(rebasing: bytes[start..<at])
        if word.elementsEqual("true".utf8) { return .bool(true) }
        if word.elementsEqual("false".utf8) { return .bool(false) }
        if word.elementsEqual("null".utf8) { return .null }
        throw fault(.unknownLiteral, at: start)
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private mutating func descend() throws(JSONFault) {
        guard depth < limits.depthMax else { throw fault(.tooDeep) }
        depth += 1
        at += 1
        skipSpace()
    }

    private mutating func array() throws(JSONFault) -> [JSONValue] {
        try descend()
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            at += 1
            depth -= 1
            return elements
        }
        while true {
            guard elements.count < limits.elementsMax else { throw fault(.tooManyElements) }
            elements.append(try value())
            if try isLast(closing: UInt8(ascii: "]")) { return elements }
        }
    }

    private mutating func object() throws(JSONFault) -> JSONObject {
        try descend()
        var members: [JSONObject.Member] = []
        if current == UInt8(ascii: "}") {
            at += 1
            depth -= 1
            return JSONObject()
        }
        var names = SeenNames()
        while true {
            guard members.count < limits.membersMax else { throw fault(.tooManyMembers) }
            guard let quote = current else { throw fault(.unexpectedEnd) }
            guard quote == UInt8(ascii: "\"") else { throw fault(.unexpectedByte) }
            let start = at
            let name = try string()
            guard names.insert(name, after: members) else { throw fault(.duplicateMember, at: start) }
            skipSpace()
            guard let colon = current else { throw fault(.unexpectedEnd) }
            guard colon == UInt8(ascii: ":") else { throw fault(.unexpectedByte) }
            at += 1
            skipSpace()
            members.append(JSONObject.Member(name: name, value: try value()))
            if try isLast(closing: UInt8(ascii: "}")) { return JSONObject(members) }
        }
    }

    /// Steps over `,` or `closing` after an element; true after `closing`.
    private mutating func isLast(closing: UInt8) throws(JSONFault) -> Bool {
        skipSpace()
        guard let byte = current else { throw fault(.unexpectedEnd) }
        guard byte == UInt8(ascii: ",") || byte == closing else { throw fault(.unexpectedByte) }
        at += 1
        if byte == closing {
            depth -= 1
            return true
        }
        skipSpace()
        return false
    }
}

/// The names of one object so far: a walk over the few members that most objects have, a set beyond that, so that an
/// object of many members does not cost the square of their number.
private struct SeenNames {
    private static let walkedMax = 16
    private var set: Set<String> = []

    /// False when `name` is one of `members` already.
    mutating func insert(_ name: String, after members: [JSONObject.Member]) -> Bool {
        if members.count < Self.walkedMax { return !members.contains { $0.name == name } }
        if set.isEmpty { set = Set(members.map(\.name)) }
        return set.insert(name).inserted
    }
}
