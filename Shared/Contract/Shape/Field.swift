package import JSON

/// One member of `Root`, given as `\.name`: where it travels, how it is read, written, checked and described.
package struct Field<Root, Value: Sendable>: Sendable {
    package var description: FieldDescription
    let decode: @Sendable (FieldSource, inout [FieldFault]) -> Value?
    let encode: @Sendable (Root, inout FieldSink) -> Void

    /// The same field with a sentence and an example for documents.
    package func documented(_ text: String, example: JSONValue? = nil) -> Self {
        var copy = self
        copy.description.text = text
        copy.description.example = example
        return copy
    }
}

extension Field where Value: JSONRepresentable {
    /// A member of the JSON body.
    package static func body(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...,
        whenNil: WhenNil = .null
    ) -> Self {
        let encodedName = JSONWriter.encodedName(name)
        return Field(
            description: FieldDescription(
                name: name, place: .body, isRequired: Value.absent == nil && !rules.contains { $0.hasDefault },
                isOmitted: Value.absent != nil && whenNil == .omit,
                schema: rules.reduce(Value.schema) { $0.adding($1.keywords) }),
            decode: { source, faults in
                let place = FieldFault.Place.body(pointer: source.pointer(to: name))
                guard let json = source.body?[name] else {
                    if let value = rules.lazy.compactMap(\.whenAbsent).first ?? Value.absent { return value }
                    faults.append(FieldFault(place, "required", "The member is missing."))
                    return nil
                }
                guard
                    let value = Value(
                        json: json, at: source.pointer(to: name), strict: source.refusesUnknown, faults: &faults)
                else { return nil }
                return Rule.check(value, rules, place, &faults)
            },
            encode: { root, sink in
                let value = member(root)
                if value.isAbsent, whenNil == .omit || Value.isOmittedWhenAbsent { return }
                sink.body.name(encoded: encodedName)
                value.encode(into: &sink.body)
            })
    }
}

extension Field where Value: TextRepresentable {
    /// A `{name}` of the path.
    package static func path(_ name: String, _ member: @escaping @Sendable (Root) -> Value) -> Self {
        Field(
            description: FieldDescription(name: name, place: .path, isRequired: true, schema: Value.textSchema),
            decode: { source, faults in
                if let value = Value(text: source.path[name]) { return value }
                faults.append(FieldFault(.path(name), "format", "The path holds no valid value."))
                return nil
            },
            encode: { root, sink in
                if let text = member(root).text { sink.path.append((name, text)) }
            })
    }

    /// A parameter of the query.
    package static func query(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...
    ) -> Self {
        let isRequired = Value(text: nil) == nil && !rules.contains { $0.hasDefault }
        return Field(
            description: FieldDescription(
                name: name, place: .query, isRequired: isRequired,
                schema: rules.reduce(Value.textSchema) { $0.adding($1.keywords) }),
            decode: { source, faults in
                decodeText(source.query[name], .query(name), rules, &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.query.append((name, text)) }
            })
    }

    /// A header field, of a request or of an answer. `name` is in lower case.
    package static func header(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...
    ) -> Self {
        let isRequired = Value(text: nil) == nil && !rules.contains { $0.hasDefault }
        return Field(
            description: FieldDescription(
                name: name, place: .header, isRequired: isRequired,
                schema: rules.reduce(Value.textSchema) { $0.adding($1.keywords) }),
            decode: { source, faults in
                decodeText(source.header(name), .header(name), rules, &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.headers.append((name, text)) }
            })
    }

    /// A cookie of a request: the gateway passes those on that the operation declares, and no other.
    package static func cookie(_ name: String, _ member: @escaping @Sendable (Root) -> Value) -> Self {
        Field(
            description: FieldDescription(
                name: name, place: .cookie, isRequired: Value(text: nil) == nil, schema: Value.textSchema),
            decode: { source, faults in
                decodeText(source.cookie(name), .header("cookie"), [], &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.headers.append(("cookie", "\(name)=\(text)")) }
            })
    }

    private static func decodeText(
        _ text: String?, _ place: FieldFault.Place, _ rules: [Rule<Value>], _ faults: inout [FieldFault]
    ) -> Value? {
        if text == nil, let value = rules.lazy.compactMap(\.whenAbsent).first { return value }
        guard let value = Value(text: text) else {
            let code = text == nil ? "required" : "format"
            faults.append(FieldFault(place, code, text == nil ? "It is missing." : "It has the wrong form."))
            return nil
        }
        return Rule.check(value, rules, place, &faults)
    }
}

/// What is written for a member that is nil.
package enum WhenNil: Sendable {
    case null
    case omit
}
