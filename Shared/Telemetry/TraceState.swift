/// What tracing systems keep with a trace (W3C Trace Context, section 3.3): goes on as it came, to those that know it.
package struct TraceState: Hashable, Sendable, LosslessStringConvertible {
    /// Longer ones are not promised to go on.
    private static let bytesMax = 512
    private static let membersMax = 32

    /// The field's value.
    package let description: String

    /// Nil for what is malformed, which must not go on, and for what is too long.
    ///
    /// - Parameter text: all `tracestate` fields of a request as one list.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        var keys: Set<Substring> = []
        for member in text.split(separator: ",", omittingEmptySubsequences: false) {
            let member = member.drop(while: Self.isBlank)
            guard !member.isEmpty else { continue }
            guard let equals = member.firstIndex(of: "=") else { return nil }
            var value = member[member.index(after: equals)...]
            while let last = value.last, Self.isBlank(last) { value.removeLast() }
            guard Self.isKey(member[..<equals]), Self.isValue(value), keys.insert(member[..<equals]).inserted else {
                return nil
            }
        }
        guard (1...Self.membersMax).contains(keys.count) else { return nil }
        description = text
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    private static func isKey(_ key: Substring) -> Bool {
        guard let first = key.utf8.first, isLetterOrDigit(first), key.utf8.count <= 256 else { return false }
        return key.utf8.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte &- 0x30 < 10 }

    private static func isValue(_ value: Substring) -> Bool {
        (1...256).contains(value.utf8.count)
            && value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }
}
