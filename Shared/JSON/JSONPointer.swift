/// Names one place in a document (RFC 6901), as validation problems and patches do: `/tags/2/name`.
@usableFromInline package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Member names and array indexes from the root down, unescaped.
    package private(set) var tokens: [String]

    @usableFromInline package init(_ tokens: [String] = []) {
        self.tokens = tokens
    }

    /// Reads a pointer's text; nil where it neither is empty nor begins with `/`, or holds a `~` that escapes nothing
    /// (section 3).
    package init?(parsing text: String) {
        guard !text.isEmpty else {
            self.init()
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
        self.init(tokens)
    }

    /// The whole document.
    package static let root = JSONPointer()

    package func appending(_ name: String) -> JSONPointer { JSONPointer(tokens + [name]) }
    package func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

    /// Whether `other` lies inside what this names. Names are compared byte for byte.
    package func isProperPrefix(of other: JSONPointer) -> Bool {
        tokens.count < other.tokens.count
            && zip(tokens, other.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// The pointer as text, empty for the root; `~` is written `~0` and `/` is written `~1` (section 3).
    @usableFromInline package var description: String {
        var text: [UInt8] = []
        for token in tokens {
            text.append(UInt8(ascii: "/"))
            for byte in token.utf8 {
                switch byte {
                case UInt8(ascii: "~"): text.append(contentsOf: "~0".utf8)
                case UInt8(ascii: "/"): text.append(contentsOf: "~1".utf8)
                default: text.append(byte)
                }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unescaped(_ part: Substring.UTF8View) -> String? {
        guard part.contains(UInt8(ascii: "~")) else { return String(Substring(part)) }
        var bytes: [UInt8] = []
        var isEscape = false
        for byte in part {
            switch (isEscape, byte) {
            case (false, UInt8(ascii: "~")):
                isEscape = true
                continue
            case (false, _): bytes.append(byte)
            case (true, UInt8(ascii: "0")): bytes.append(UInt8(ascii: "~"))
            case (true, UInt8(ascii: "1")): bytes.append(UInt8(ascii: "/"))
            case (true, _): return nil
            }
            isEscape = false
        }
        return isEscape ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
