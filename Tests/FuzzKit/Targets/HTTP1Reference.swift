import HTTP

/// A request of HTTP/1.1 as RFC 9112 writes it, read with no leniency but what that allows: empty lines before a
/// request, and any number of spaces between the words of its line. Written to be compared with, so simple before all.
struct HTTP1Reference {
    struct Request {
        let method: String
        let target: String
        let minorVersion: Int
        let fields: [(name: String, value: String)]
    }

    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Line, fields and the empty line (sections 3 and 5); nil where the grammar has no such thing.
    mutating func head() -> Request? {
        while at < bytes.count, bytes[at] == cr || bytes[at] == lf { at += 1 }
        guard let line = line() else { return nil }
        let words = line.split(separator: space)
        guard words.count == 3, words[0].first == line.first, words[0].allSatisfy(isTokenByte),
            let minor = minorVersion(words[2])
        else { return nil }
        var fields: [(name: String, value: String)] = []
        while let line = self.line() {
            if line.isEmpty {
                return Request(
                    method: words[0].text, target: words[1].text, minorVersion: minor, fields: fields)
            }
            guard let field = field(line) else { return nil }
            fields.append(field)
        }
        return nil
    }

    /// The body, as its framing has it (section 6); nil where it is not all there.
    mutating func body(_ framing: HTTP1Policy.Framing) -> [UInt8]? {
        switch framing {
        case .none: return []
        case .length(let length): return take(length)
        case .chunked:
            var body: [UInt8] = []
            while true {
                guard let size = chunkSize() else { return nil }
                if size == 0 { return trailers() ? body : nil }
                guard let data = take(size), take(2) == [cr, lf] else { return nil }
                body += data
            }
        }
    }

    /// Up to CR LF, which is taken too; neither of both stands alone.
    private mutating func line() -> ArraySlice<UInt8>? {
        guard let end = bytes[at...].firstIndex(where: { $0 == cr || $0 == lf }), end + 1 < bytes.count,
            bytes[end] == cr, bytes[end + 1] == lf
        else { return nil }
        defer { at = end + 2 }
        return bytes[at..<end]
    }

    /// `RTSP/1.x` too, which the parser takes for some methods as if it were HTTP.
    private func minorVersion(_ word: ArraySlice<UInt8>) -> Int? {
        guard word.count == 8, let digit = word.last, digit >= 0x30, digit <= 0x39 else { return nil }
        return ["HTTP/1.", "RTSP/1."].contains(word.dropLast().text) ? Int(digit - 0x30) : nil
    }

    private func field(_ line: ArraySlice<UInt8>) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(isTokenByte) else { return nil }
        var value = line[line.index(after: colon)...]
        while let first = value.first, first == space || first == tab { value.removeFirst() }
        while let last = value.last, last == space || last == tab { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == tab }) else { return nil }
        return (name.text.lowercased(), value.text)
    }

    private mutating func chunkSize() -> Int? {
        guard let line = line() else { return nil }
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != space && $0 != tab }
        let rest = line[digits.endIndex...]
        guard rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == tab }), !digits.isEmpty,
            digits.allSatisfy(isHexDigit)
        else { return nil }
        return Int(digits.text, radix: 16)
    }

    private mutating func trailers() -> Bool {
        while let line = line() {
            if line.isEmpty { return true }
            guard field(line) != nil else { return false }
        }
        return false
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - at else { return nil }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    private func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

private let cr = UInt8(ascii: "\r")
private let lf = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
