package import Contract
package import JSON

/// A mail address as the suite takes it: one `@`, a dotted domain, no quoting, no comments (a practical subset of
/// RFC 5321, section 4.1.2, with UTF-8 as in RFC 6531). At most 254 bytes (RFC 5321, section 4.5.3.1.3, less the
/// angle brackets).
package struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    /// As it was typed; mail is sent to this.
    package let text: String

    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count),
            EmailAddress.isDotted(parts[0], labels: 1...64), EmailAddress.isDotted(parts[1], labels: 2...32)
        else { return nil }
        self.text = text
    }

    /// What accounts are told apart by: lower case, since no provider of today tells cases apart.
    package var key: String { text.lowercased() }

    package var description: String { text }

    private static func isDotted(_ part: Substring, labels count: ClosedRange<Int>) -> Bool {
        let labels = part.split(separator: ".", omittingEmptySubsequences: false)
        return count.contains(labels.count)
            && labels.allSatisfy { !$0.isEmpty && $0.unicodeScalars.allSatisfy(isAllowed) }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0x20 && !"\"(),:;<>@[\\]\u{7F}".unicodeScalars.contains(scalar)
            && !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
    }
}

extension EmailAddress: JSONRepresentable {
    package static var schema: SchemaDescription {
        SchemaDescription(["type": .string("string"), "format": .string("email"), "maxLength": .integer(254)])
    }

    package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard let text = String(json: json, at: pointer, strict: strict, faults: &faults) else { return nil }
        guard let address = EmailAddress(text) else {
            faults.append(FieldFault(.body(pointer: pointer), "format", "It must be a mail address."))
            return nil
        }
        self = address
    }

    package func encode(into writer: inout JSONWriter) { writer.string(text) }
}
