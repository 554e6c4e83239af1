internal import Transport

/// The nodes that `Forwarded` and `X-Forwarded-For` name (RFC 7239).
enum ForwardedNode {
    /// An address in any form that proxies write it in: alone, with a port, an IPv6 one in brackets. Nil for `unknown`,
    /// for names that hide one, and for anything else.
    static func address(_ text: some StringProtocol) -> PeerAddress? {
        let text = text.trimmingBlanks
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            let inside = text[text.index(after: text.startIndex)..<end]
            return inside.contains(":") ? PeerAddress(text: String(inside)) : nil
        }
        if let colon = text.firstIndex(of: ":"), text.firstIndex(of: ".") ?? text.endIndex < colon {
            guard isPort(text[colon...]) else { return nil }
            return PeerAddress(text: String(text[..<colon]))
        }
        return PeerAddress(text: String(text))
    }

    /// The `for` of each element of a `Forwarded` field (RFC 7239, section 4), in order: nil where it has none that is
    /// an address. A field that cannot be read names nobody.
    static func chain(_ value: String) -> [PeerAddress?] {
        var reader = ForwardedReader(value)
        var nodes: [PeerAddress?] = []
        repeat {
            guard let pairs = reader.element() else { return [nil] }
            let names = pairs.filter { $0.name == "for" }
            nodes.append(names.count == 1 ? address(names[0].value) : nil)
        } while reader.takesComma()
        return reader.isAtEnd ? nodes : [nil]
    }

    /// Nothing, or a colon with digits.
    private static func isPort(_ text: some StringProtocol) -> Bool {
        guard let colon = text.first else { return true }
        let digits = text.dropFirst()
        return colon == ":" && (1...5).contains(digits.count) && digits.utf8.allSatisfy { $0 &- 0x30 < 10 }
    }
}

/// Reads `forwarded-element`s: pairs of a token and a token or quoted string.
private struct ForwardedReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    /// The pairs up to a comma or the end; nil where there is something else.
    mutating func element() -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        repeat {
            skipBlanks()
            guard let first = rest.first, first != comma else { break }
            if first == semicolon { continue }
            guard let name = token(), take(equals), let value = value() else { return nil }
            pairs.append((name.lowercased(), value))
            skipBlanks()
        } while take(semicolon)
        return pairs
    }

    mutating func takesComma() -> Bool { take(comma) }

    private let comma = UInt8(ascii: ",")
    private let semicolon = UInt8(ascii: ";")
    private let equals = UInt8(ascii: "=")

    private mutating func value() -> String? {
        take(UInt8(ascii: "\"")) ? quoted() : token()
    }

    private mutating func quoted() -> String? {
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                bytes.append(escaped)
            default: bytes.append(byte)
            }
        }
        return nil
    }

    /// As RFC 9110 has it; also the brackets and colons of addresses that some proxies forget to quote.
    private mutating func token() -> String? {
        let taken = rest.prefix { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "!#$%&'*+-.^_`|~[]:".utf8.contains(byte)
            }
        }
        guard !taken.isEmpty else { return nil }
        rest = rest[taken.endIndex...]
        return String(Substring(taken))
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
    }
}

extension StringProtocol {
    fileprivate var trimmingBlanks: SubSequence {
        let start = firstIndex { $0 != " " && $0 != "\t" } ?? endIndex
        let end = lastIndex { $0 != " " && $0 != "\t" }.map(index(after:)) ?? start
        return self[start..<end]
    }
}
