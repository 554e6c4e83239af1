/// Why a document was refused, and where.
package struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The document ends inside a value.
        case unexpectedEnd = "unexpected-end"
        /// The grammar has no such byte here.
        case unexpectedByte = "unexpected-byte"
        /// A word other than `true`, `false` and `null`: `NaN`, `Infinity`, `True`, `nul`.
        case unknownLiteral = "unknown-literal"
        /// Something other than white space follows the document.
        case trailingBytes = "trailing-bytes"
        /// The document starts with U+FEFF (RFC 8259, section 8.1).
        case byteOrderMark = "byte-order-mark"
        /// Overlong, truncated, surrogate or beyond U+10FFFF (RFC 3629, section 3).
        case invalidUTF8 = "invalid-utf8"
        /// A control character stands unescaped in a string.
        case controlCharacter = "control-character"
        case invalidEscape = "invalid-escape"
        /// `\uD800`-`\uDFFF` that is not half of a pair.
        case loneSurrogate = "lone-surrogate"
        case leadingZero = "leading-zero"
        case invalidNumber = "invalid-number"
        /// The number is beyond what a `Double` can hold.
        case numberOutOfRange = "number-out-of-range"
        case numberTooLong = "number-too-long"
        case duplicateMember = "duplicate-member"
        case documentTooLong = "document-too-long"
        case tooDeep = "too-deep"
        case tooManyMembers = "too-many-members"
        case tooManyElements = "too-many-elements"
        case stringTooLong = "string-too-long"
    }

    package let reason: Reason
    /// Where in the document, in bytes from its start.
    package let offset: Int

    package init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
