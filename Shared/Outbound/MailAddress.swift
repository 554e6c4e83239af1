/// Who a mail is from or to.
package struct MailAddress: Hashable, Sendable {
    /// `local@domain` in ASCII.
    package let address: String
    /// The person's name, in any script.
    package let name: String?

    /// Refuses what is not a plain ASCII address (RFC 5321's dot-string at a host name: no quotes, comments, address
    /// literals or internationalised parts) and names with control characters, so that neither can add a header or
    /// a command.
    package init(_ address: String, name: String? = nil) throws(MailFailure) {
        let parts = address.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard address.utf8.count <= MailLimits.addressBytesMax, parts.count == 2,
            parts[0].count <= MailLimits.localPartBytesMax, Self.isDotString(parts[0], of: Self.isAtomByte),
            Self.isDotString(parts[1], of: { HostName.isLabelByte($0) })
        else { throw MailFailure(.invalid, "not a mail address") }
        self.address = address
        guard let name, !name.isEmpty else {
            self.name = nil
            return
        }
        guard name.utf8.count <= MailLimits.nameBytesMax, isPrintable(name) else {
            throw MailFailure(.invalid, "a name is too long or has control characters")
        }
        self.name = name
    }

    /// As a header has it: `Name <local@domain>`.
    var headerValue: String {
        guard let name else { return "<\(address)>" }
        if EncodedWord.isNeeded(for: name) { return "\(EncodedWord.encode(name))\r\n <\(address)>" }
        let quoted = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(quoted)\" <\(address)>"
    }

    private static func isDotString(_ text: Substring.UTF8View, of isByte: (UInt8) -> Bool) -> Bool {
        text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isByte) }
    }

    /// RFC 5322's atext.
    private static func isAtomByte(_ byte: UInt8) -> Bool {
        HostName.isLabelByte(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
    }
}

extension MailAddress: CustomStringConvertible {
    /// Addresses are personal: they stay out of logs unless asked for by name.
    package var description: String { "[address]" }
}

/// Host names and addresses that may stand in a URL.
enum HostName {
    static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { isLabelByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
    }
}

/// No control characters and no line separators of any script.
func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}
