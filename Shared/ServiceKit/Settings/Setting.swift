/// One configurable value: its name, default, range and meaning. The README's reference is printed from these.
package struct Setting<Value: SettingValue>: Sendable {
    package let declaration: SettingDeclaration
    let standard: Value?
    let developmentOnly: Bool
    let isAllowed: @Sendable (Value) -> Bool

    /// Whether nothing stands in for it in production; an empty text is no value then.
    var mustBeGiven: Bool { standard == nil || developmentOnly }

    private init(
        _ name: String, standard: Value?, developmentOnly: Bool, range: String, text: String,
        isAllowed: @escaping @Sendable (Value) -> Bool
    ) {
        declaration = SettingDeclaration(
            name: name, standard: standard?.settingText, isDefaultForDevelopmentOnly: developmentOnly, range: range,
            text: text)
        self.standard = standard
        self.developmentOnly = developmentOnly
        self.isAllowed = isAllowed
    }

    /// - Parameters:
    ///   - name: dotted, for example `auth.access-token-seconds`; its variable is
    ///     `CAUSEWAY_AUTH_ACCESS_TOKEN_SECONDS`.
    ///   - text: what it means and in which unit, one line.
    package init(_ name: String, default standard: Value, _ text: String) {
        self.init(name, standard: standard, developmentOnly: false, range: "", text: text) { _ in true }
    }

    /// - Parameter form: what the text must be like, which stands where other settings have their range.
    package init(_ name: String, default standard: Value, like form: String, _ text: String) {
        self.init(name, standard: standard, developmentOnly: false, range: "like \(form)", text: text) { _ in true }
    }

    /// A setting that any profile but development must give.
    package init(_ name: String, inDevelopment standard: Value, _ text: String) {
        self.init(name, standard: standard, developmentOnly: true, range: "", text: text) { _ in true }
    }

    /// A setting that must be given.
    package init(required name: String, _ text: String) {
        self.init(name, standard: nil, developmentOnly: false, range: "", text: text) { _ in true }
    }
}

extension Setting where Value: Comparable {
    package init(_ name: String, default standard: Value, in range: ClosedRange<Value>, _ text: String) {
        self.init(
            name, standard: standard, developmentOnly: false,
            range: "\(range.lowerBound.settingText)…\(range.upperBound.settingText)", text: text
        ) { range.contains($0) }
    }
}

extension Setting where Value == String {
    /// A setting that is one of a few words.
    package init(_ name: String, default standard: String, oneOf words: [String], _ text: String) {
        self.init(
            name, standard: standard, developmentOnly: false, range: words.joined(separator: ", "), text: text
        ) { words.contains($0) }
    }
}

/// A setting as references and explanations show it.
package struct SettingDeclaration: Sendable, Hashable {
    package let name: String
    /// The default as text; nil where there is none.
    package let standard: String?
    package let isDefaultForDevelopmentOnly: Bool
    package let range: String
    package let text: String

    /// `CAUSEWAY_` and the name in upper case, with `_` for what is no letter or digit.
    package var variable: String {
        "CAUSEWAY_" + String(name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
}
