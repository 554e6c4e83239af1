/// How people are shown.
enum DisplayName {
    /// In code points; the contract's limit for what people send.
    static let lengthMax = 80

    /// `text` without white space at its ends and without invisible signs that could make it read as another name; nil
    /// where nothing is left.
    static func cleaned(_ text: String?) -> String? {
        guard let text else { return nil }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.filter { !isHarmful($0) }.prefix(lengthMax))
        let name = String(scalars.trimmingWhiteSpace)
        return name.isEmpty ? nil : name
    }

    /// Control characters, and marks that turn the direction of text (Unicode Standard Annex 9, section 2).
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: scalar.properties.generalCategory == .control
        }
    }
}

extension String.UnicodeScalarView {
    fileprivate var trimmingWhiteSpace: Substring.UnicodeScalarView {
        var rest = self[...]
        while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        return rest
    }
}
