internal import Contract

/// A request's target in its one spelling: what is matched, authorised and forwarded is this text, byte for byte.
///
/// Escapes of unreserved characters are undone, other escapes are written in upper case (RFC 3986, section 6.2.2), and
/// slashes in a row become one. What two readers of the same text could understand differently is refused: dot
/// segments, with parameters or without, encoded slashes, backslashes and control characters, broken escapes, raw bytes
/// that no path may have.
package struct CanonicalPath: Sendable, Hashable {
    /// Path and, where there is one, query with its `?`.
    package let target: String
    private let pathBytes: Int

    /// Without the query.
    package var path: Substring { Substring(target.utf8.prefix(pathBytes)) }

    /// Behind the `?`; empty where there is none.
    package var query: Substring { Substring(target.utf8.dropFirst(pathBytes + 1)) }

    /// Whether there is a `?`, with or without something behind it.
    var hasQuery: Bool { pathBytes < target.utf8.count }

    package enum Refusal: String, Error, Sendable, CaseIterable {
        case notAbsolute = "The target must be an absolute path."
        case forbiddenByte = "The target has a character that must be escaped."
        case brokenEscape = "A percent escape of the path is broken."
        case forbiddenEscape = "The path has an encoded slash, backslash or control character."
        case dotSegment = "The path has a dot segment."
    }

    /// - Parameter raw: the target in origin form (RFC 9112, section 3.2.1), as received.
    package init(_ raw: String) throws(Refusal) {
        var text = raw
        let scan = text.withUTF8 { Scan($0) }
        guard scan.isAbsolute else { throw .notAbsolute }
        guard scan.isQueryPlain else { throw .forbiddenByte }
        if scan.isPathCanonical {
            target = raw
            pathBytes = scan.pathBytes
            return
        }
        let path = try Self.canonical(Array(text.utf8.prefix(scan.pathBytes)))
        pathBytes = path.count
        target = String(decoding: path, as: UTF8.self) + text.utf8.dropFirst(scan.pathBytes).text
    }

    /// What one look over a target tells: most need no rewriting.
    private struct Scan {
        var isAbsolute = false
        /// Sure to be canonical; where false, it has to be rewritten or refused.
        var isPathCanonical = true
        var isQueryPlain = true
        var pathBytes = 0

        init(_ bytes: UnsafeBufferPointer<UInt8>) {
            isAbsolute = bytes.first == slash
            var previous: UInt8 = 0
            var at = 0
            while at < bytes.count, bytes[at] != question {
                let byte = bytes[at]
                // After a slash, another one must be merged, and a dot may begin a dot segment.
                if !isPathByte(byte) || previous == slash && (byte == slash || byte == dot) { isPathCanonical = false }
                previous = byte
                at += 1
            }
            pathBytes = at
            while at < bytes.count {
                if !isQueryByte(bytes[at]) { isQueryPlain = false }
                at += 1
            }
        }
    }

    private static func canonical(_ raw: [UInt8]) throws(Refusal) -> [UInt8] {
        var path: [UInt8] = []
        path.reserveCapacity(raw.count)
        var at = 0
        while at < raw.count {
            let byte = raw[at]
            at += 1
            switch byte {
            case slash: if path.last != slash { path.append(slash) }
            case percent:
                guard at + 1 < raw.count, let high = PercentEncoding.digit(raw[at]),
                    let low = PercentEncoding.digit(raw[at + 1])
                else { throw .brokenEscape }
                at += 2
                try append(decoded: high << 4 | low, to: &path)
            default:
                guard isPathByte(byte) else { throw .forbiddenByte }
                path.append(byte)
            }
        }
        guard !path.split(separator: slash).contains(where: isDotSegment) else { throw .dotSegment }
        return path
    }

    /// One or two dots, with parameters or without: some servers take what follows a `;` off a segment before they look
    /// at it (RFC 3986, section 3.3), and a few undo the escape first.
    private static func isDotSegment(_ segment: ArraySlice<UInt8>) -> Bool {
        let rest = segment.drop { $0 == dot }
        guard (1...2).contains(segment.count - rest.count) else { return false }
        return rest.isEmpty || rest.first == semicolon || rest.starts(with: "%3B".utf8)
    }

    private static func append(decoded byte: UInt8, to path: inout [UInt8]) throws(Refusal) {
        guard byte > 0x1F, byte != 0x7F, byte != slash, byte != backslash else { throw .forbiddenEscape }
        if PercentEncoding.isUnreserved(byte) {
            path.append(byte)
        } else {
            path += [percent, upperHex(byte >> 4), upperHex(byte & 0xF)]
        }
    }
}

private let slash = UInt8(ascii: "/")
private let backslash = UInt8(ascii: "\\")
private let dot = UInt8(ascii: ".")
private let semicolon = UInt8(ascii: ";")
private let percent = UInt8(ascii: "%")
private let question = UInt8(ascii: "?")

private func upperHex(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
}

/// A slash or what a segment may have unescaped (RFC 3986, section 3.3).
private func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case slash, UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
        UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"),
        UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "@"):
        true
    default: PercentEncoding.isUnreserved(byte)
    }
}

/// Any visible ASCII character but `#`: clients send brackets and more without escapes, and the service that reads the
/// query is the only one that does.
private func isQueryByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "#")
}

extension Substring.UTF8View {
    fileprivate var text: String { String(Substring(self)) }
}
