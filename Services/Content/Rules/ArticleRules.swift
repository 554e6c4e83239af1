internal import Contract
internal import JSON
internal import Markdown
internal import Postgres
internal import Protocol

/// What an article's values must be beyond the contract's rules. Each returns the value to keep, or appends a fault.
enum ArticleRules {
    /// Without white space at its ends, and not blank.
    static func title(_ text: String, _ faults: inout [FieldFault]) -> String? {
        let title = trimmed(text)
        guard title.isEmpty else { return title }
        faults.append(FieldFault(.body(pointer: "/title"), "length", "It must not be blank."))
        return nil
    }

    /// Each tag normalised, each once.
    static func tags(_ texts: [String], _ faults: inout [FieldFault]) -> [String]? {
        var tags: [String] = []
        for (index, text) in texts.enumerated() {
            guard let tag = Tag.normalised(text) else {
                faults.append(
                    FieldFault(
                        .body(pointer: "/tags/\(index)"), "format", "It must be a word without control characters."))
                continue
            }
            if !tags.contains(tag) { tags.append(tag) }
        }
        return faults.isEmpty ? tags : nil
    }

    /// What `jsonb` can hold: no U+0000 in names and strings.
    static func data(_ value: JSONValue, _ faults: inout [FieldFault]) -> JSONBytes? {
        guard holdsNull(value) else { return JSONBytes(value.encoded) }
        faults.append(FieldFault(.body(pointer: "/data"), "format", "It must not hold U+0000."))
        return nil
    }

    /// The body's HTML and what is derived from it.
    static func rendered(_ body: String, _ faults: inout [FieldFault]) -> RenderedMarkdown? {
        do throws(MarkdownFailure) {
            return try Markdown.render(body)
        } catch {
            let (code, message) =
                switch error {
                case .tooLong: ("length", "It must have at most \(Markdown.codePointsMax) characters.")
                case .tooComplex: ("complexity", "Its tables or references would grow far beyond its length.")
                }
            faults.append(FieldFault(.body(pointer: "/body"), code, message))
            return nil
        }
    }

    static func trimmed(_ text: String) -> String {
        var rest = text[...].unicodeScalars
        while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    private static func holdsNull(_ value: JSONValue) -> Bool {
        switch value {
        case .null, .bool, .integer, .number: false
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: holdsNull)
        case .object(let object): object.members.contains { $0.name.utf8.contains(0) || holdsNull($0.value) }
        }
    }
}

/// The form of tags.
enum Tag {
    /// Lower case, without white space at its ends; nil for what is blank or holds control characters.
    static func normalised(_ text: String) -> String? {
        let tag = ArticleRules.trimmed(text).lowercased()
        let isPlain = !tag.unicodeScalars.contains { $0.properties.generalCategory == .control }
        return tag.isEmpty || !isPlain ? nil : tag
    }
}
