/// Names one place in a document (RFC 6901), as validation problems do: `/tags/2/name`.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Member names and array indexes from the root down, unescaped.
    package private(set) var tokens: [String]

    package init(_ tokens: [String] = []) {
        self.tokens = tokens
    }

    /// The whole document.
    package static let root = JSONPointer()

    package func appending(_ name: String) -> JSONPointer { JSONPointer(tokens + [name]) }
    package func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

    /// The pointer as text, empty for the root; `~` is written `~0` and `/` is written `~1` (section 3).
    package var description: String {
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
}
