extension JSONParser {
    /// Reads a string, the opening quote being next.
    ///
    /// A string without escapes is copied once, straight out of the document.
    mutating func string() throws(JSONFault) -> String {
        let opening = at
        at += 1
        let start = at
        try skipUnescaped()
        if current == UInt8(ascii: "\"") {
            guard at - start <= limits.stringBytesMax else { throw fault(.stringTooLong, at: opening) }
            at += 1
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at - 1]), as: UTF8.self)
        }
        var unescaped = Array(bytes[start..<at])
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                at += 1
                guard unescaped.count <= limits.stringBytesMax else { throw fault(.stringTooLong, at: opening) }
                return String(decoding: unescaped, as: UTF8.self)
            }
            try appendEscape(to: &unescaped)
            let run = at
            try skipUnescaped()
            unescaped.append(contentsOf: bytes[run..<at])
        }
        throw fault(.unexpectedEnd)
    }

    /// Steps over well-formed text up to the next quote or backslash.
    private mutating func skipUnescaped() throws(JSONFault) {
        while true {
            at = PlainRun.endOfPlainASCII(in: bytes, from: at)
            guard let byte = current else { throw fault(.unexpectedEnd) }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            guard byte >= 0x20 else { throw fault(.controlCharacter) }
            guard let length = UTF8Sequence.length(in: bytes, at: at) else { throw fault(.invalidUTF8) }
            at += length
        }
    }

    /// Reads one escape, the backslash being next.
    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONFault) {
        let start = at
        at += 1
        guard let letter = current else { throw fault(.unexpectedEnd) }
        at += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar(from: start)).utf8)
        default: throw fault(.invalidEscape, at: start)
        }
    }

    /// Reads the digits after `\u`, and the second half where they are the first half of a pair.
    private mutating func escapedScalar(from start: Int) throws(JSONFault) -> Unicode.Scalar {
        let first = try hexUnit(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\"), at + 1 < bytes.count,
            bytes[at + 1] == UInt8(ascii: "u")
        else { throw fault(.loneSurrogate, at: start) }
        let middle = at
        at += 2
        let second = try hexUnit(from: middle)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw fault(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func hexUnit(from start: Int) throws(JSONFault) -> UInt16 {
        guard at + 4 <= bytes.count else { throw fault(.unexpectedEnd, at: bytes.count) }
        var unit: UInt16 = 0
        for byte in bytes[at..<at + 4] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw fault(.invalidEscape, at: start)
            }
            unit = unit << 4 | UInt16(digit)
        }
        at += 4
        return unit
    }
}

/// The well-formed sequences of RFC 3629, section 4.
enum UTF8Sequence {
    /// How many bytes the sequence at `index` has, or nil when it is overlong, truncated, a surrogate or out of range.
    static func length(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        func continues(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            index + offset < bytes.count && range.contains(bytes[index + offset])
        }
        switch bytes[index] {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return continues(1) ? 2 : nil
        case 0xE0: return continues(1, 0xA0...0xBF) && continues(2) ? 3 : nil
        case 0xE1...0xEC, 0xEE...0xEF: return continues(1) && continues(2) ? 3 : nil
        case 0xED: return continues(1, 0x80...0x9F) && continues(2) ? 3 : nil
        case 0xF0: return continues(1, 0x90...0xBF) && continues(2) && continues(3) ? 4 : nil
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : nil
        case 0xF4: return continues(1, 0x80...0x8F) && continues(2) && continues(3) ? 4 : nil
        default: return nil
        }
    }
}
