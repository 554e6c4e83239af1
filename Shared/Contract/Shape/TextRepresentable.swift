internal import JSON
public import Primitives

/// A type that knows its form as one text: in a path, a query parameter or a header field.
@usableFromInline package protocol TextRepresentable: Sendable {
    static var textSchema: SchemaDescription { get }
    /// Reads `text`, or nil where nothing was sent; fails where that is not a value.
    init?(text: String?)
    /// The text to send, nil for nothing.
    var text: String? { get }
}

extension TextRepresentable where Self: JSONRepresentable {
    @usableFromInline package static var textSchema: SchemaDescription { schema }
}

extension String: TextRepresentable {
    @usableFromInline package init?(text: String?) {
        guard let text, !text.utf8.contains(0) else { return nil }
        self = text
    }

    @usableFromInline package var text: String? { self }
}

extension Int: TextRepresentable {
    /// Decimal digits with an optional minus; no plus sign, no leading zeros.
    @usableFromInline package init?(text: String?) {
        guard let text, let value = Int(text), String(value) == text else { return nil }
        self = value
    }

    @usableFromInline package var text: String? { String(self) }
}

extension Bool: TextRepresentable {
    @usableFromInline package init?(text: String?) {
        switch text {
        case "true": self = true
        case "false": self = false
        default: return nil
        }
    }

    @usableFromInline package var text: String? { self ? "true" : "false" }
}

extension Identifier: TextRepresentable {
    @inlinable package init?(text: String?) {
        guard let text, let value = Identifier(text) else { return nil }
        self = value
    }

    @inlinable package var text: String? { description }
}

extension Optional: TextRepresentable where Wrapped: TextRepresentable {
    @usableFromInline package static var textSchema: SchemaDescription { Wrapped.textSchema }

    @inlinable package init?(text: String?) {
        guard let text else {
            self = .none
            return
        }
        guard let value = Wrapped(text: text) else { return nil }
        self = .some(value)
    }

    @inlinable package var text: String? { self?.text ?? nil }
}

/// A list is separated by commas; an empty text is an empty list.
extension Array: TextRepresentable where Element: TextRepresentable {
    @usableFromInline package static var textSchema: SchemaDescription { Element.textSchema.arrayOf }

    @inlinable package init?(text: String?) {
        guard let text else { return nil }
        self.init()
        guard !text.isEmpty else { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let element = Element(text: String(part)) else { return nil }
            append(element)
        }
    }

    @inlinable package var text: String? { compactMap(\.text).joined(separator: ",") }
}

extension JSONEnumeration where Self: TextRepresentable {
    @inlinable package init?(text: String?) {
        guard let text, let value = Self(rawValue: text) else { return nil }
        self = value
    }

    @inlinable package var text: String? { rawValue }
}
