package import JSON

/// A bound on a value: what is refused, and how documents say it.
@usableFromInline package struct Rule<Value: Sendable>: Sendable {
    /// JSON Schema keywords (2020-12).
    let keywords: [(String, JSONValue)]
    /// The value to take where none was sent.
    @usableFromInline let whenAbsent: Value?
    /// The code and sentence of what is wrong, or nil.
    @usableFromInline let violation: @Sendable (Value) -> (code: String, message: String)?

    var hasDefault: Bool { whenAbsent != nil }

    /// A rule of one's own. `keywords` describe it as far as JSON Schema can.
    package init(
        keywords: [(String, JSONValue)] = [],
        _ violation: @escaping @Sendable (Value) -> (code: String, message: String)?
    ) {
        self.keywords = keywords
        whenAbsent = nil
        self.violation = violation
    }

    private init(default value: Value, keywords: [(String, JSONValue)]) {
        self.keywords = keywords
        whenAbsent = value
        violation = { _ in nil }
    }

    @inlinable static func check(
        _ value: Value, _ rules: [Rule], _ place: FieldFault.Place, _ faults: inout [FieldFault]
    ) throws(Refused) -> Value {
        for rule in rules {
            if let violation = rule.violation(value) {
                faults.append(FieldFault(place, violation.code, violation.message))
                throw Refused()
            }
        }
        return value
    }

    /// The value to take where none was sent, if one of `rules` says so.
    @inlinable static func firstDefault(_ rules: [Rule]) -> Value? {
        for rule in rules where rule.whenAbsent != nil { return rule.whenAbsent }
        return nil
    }

    /// `schema` with what all of `rules` say.
    @usableFromInline static func adding(_ rules: [Rule], to schema: SchemaDescription) -> SchemaDescription {
        rules.reduce(schema) { $0.adding($1.keywords) }
    }
}

extension Rule where Value: JSONRepresentable {
    /// The value to take where none was sent.
    package static func `default`(_ value: Value) -> Rule {
        Rule(default: value, keywords: [("default", value.json)])
    }
}

/// A value that is a text, or may be none.
package protocol TextMeasured {
    var measuredText: String? { get }
}

extension Rule where Value: TextMeasured {
    /// How many Unicode code points a text may have.
    package static func length(_ range: ClosedRange<Int>) -> Rule {
        Rule(keywords: [
            ("minLength", .integer(Int64(range.lowerBound))), ("maxLength", .integer(Int64(range.upperBound))),
        ]) { value in
            guard let text = value.measuredText, !range.contains(text.unicodeScalars.count) else { return nil }
            return ("length", "It must have \(range.lowerBound) to \(range.upperBound) characters.")
        }
    }

    /// A form that a text must have, such as `email`, told by `isValid`.
    package static func format(
        _ name: String, _ message: String, _ isValid: @escaping @Sendable (String) -> Bool
    ) -> Rule {
        Rule(keywords: [("format", .string(name))]) { value in
            guard let text = value.measuredText, !isValid(text) else { return nil }
            return ("format", message)
        }
    }

    /// Texts that hold no control characters (Unicode category Cc), line breaks included.
    package static var singleLine: Rule {
        Rule { value in
            guard let text = value.measuredText,
                text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { return nil }
            return ("format", "It must not hold control characters.")
        }
    }
}

extension Rule where Value == Int {
    package static func range(_ range: ClosedRange<Int>) -> Rule {
        Rule(keywords: [
            ("minimum", .integer(Int64(range.lowerBound))), ("maximum", .integer(Int64(range.upperBound))),
        ]) { value in
            range.contains(value) ? nil : ("range", "It must be \(range.lowerBound) to \(range.upperBound).")
        }
    }
}

extension Rule where Value: Collection {
    /// How many items a list may have.
    package static func count(_ range: ClosedRange<Int>) -> Rule {
        Rule(keywords: [
            ("minItems", .integer(Int64(range.lowerBound))), ("maxItems", .integer(Int64(range.upperBound))),
        ]) { value in
            range.contains(value.count)
                ? nil : ("length", "It must have \(range.lowerBound) to \(range.upperBound) items.")
        }
    }
}

/// A JSON value, or none.
package protocol JSONMeasured {
    var measuredJSON: JSONValue? { get }
}

extension Rule where Value: JSONMeasured {
    /// A JSON object of at most 16 KiB.
    package static var smallObject: Rule {
        Rule(keywords: [("type", .string("object"))]) { value in
            guard let json = value.measuredJSON else { return nil }
            guard case .object = json else { return ("type", "It must be an object.") }
            return json.encoded.count <= 16 * 1024 ? nil : ("length", "It must be at most 16 KiB of JSON.")
        }
    }
}

extension JSONValue: JSONMeasured {
    package var measuredJSON: JSONValue? { self }
}

extension Optional: JSONMeasured where Wrapped: JSONMeasured {
    package var measuredJSON: JSONValue? { self?.measuredJSON }
}

extension Change: JSONMeasured where Wrapped: JSONMeasured {
    package var measuredJSON: JSONValue? { value?.measuredJSON }
}

/// A list, or a list that may be none.
package protocol ListMeasured {
    var measuredTexts: [String]? { get }
}

extension Rule where Value: ListMeasured {
    /// How many items a list may have, and how many code points each; no item twice.
    package static func distinct(_ count: ClosedRange<Int>, eachLength length: ClosedRange<Int>) -> Rule {
        Rule(keywords: [
            ("minItems", .integer(Int64(count.lowerBound))), ("maxItems", .integer(Int64(count.upperBound))),
            ("uniqueItems", .bool(true)),
        ]) { value in
            guard let items = value.measuredTexts else { return nil }
            guard count.contains(items.count) else {
                return ("length", "It must have \(count.lowerBound) to \(count.upperBound) items.")
            }
            guard Set(items).count == items.count else { return ("duplicate", "It must not hold an item twice.") }
            guard items.allSatisfy({ length.contains($0.unicodeScalars.count) }) else {
                return ("length", "Each item must have \(length.lowerBound) to \(length.upperBound) characters.")
            }
            return nil
        }
    }
}

extension String: TextMeasured {
    package var measuredText: String? { self }
}

extension Optional: TextMeasured where Wrapped: TextMeasured {
    package var measuredText: String? { self?.measuredText }
}

extension Change: TextMeasured where Wrapped: TextMeasured {
    package var measuredText: String? { value?.measuredText }
}

extension Array: ListMeasured where Element == String {
    package var measuredTexts: [String]? { self }
}

extension Optional: ListMeasured where Wrapped: ListMeasured {
    package var measuredTexts: [String]? { self?.measuredTexts }
}

extension Change: ListMeasured where Wrapped: ListMeasured {
    package var measuredTexts: [String]? { value?.measuredTexts }
}
