public import JSON

/// One member of `Root`, given as `\.name`: where it travels, how it is read, written, checked and described.
@usableFromInline package struct Field<Root, Value: Sendable>: Sendable {
    @usableFromInline package var description: FieldDescription
    @usableFromInline let decode: @Sendable (FieldSource, inout [FieldFault]) throws(Refused) -> Value
    @usableFromInline let encode: @Sendable (Root, inout FieldSink) -> Void

    @inlinable init(
        description: FieldDescription,
        decode: @escaping @Sendable (FieldSource, inout [FieldFault]) throws(Refused) -> Value,
        encode: @escaping @Sendable (Root, inout FieldSink) -> Void
    ) {
        self.description = description
        self.decode = decode
        self.encode = encode
    }

    /// Adds one to `begun`, and decodes.
    @inlinable func decode(
        _ source: FieldSource, _ faults: inout [FieldFault], counting begun: inout Int
    ) throws(Refused) -> Value {
        begun += 1
        return try decode(source, &faults)
    }

    /// Appends every fault that is found, or takes one from `begun` where the field is among those.
    @usableFromInline func check(_ source: FieldSource, _ faults: inout [FieldFault], skipping begun: inout Int) {
        guard begun == 0 else {
            begun -= 1
            return
        }
        _ = try? decode(source, &faults)
    }

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
    @inlinable package static func body(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...,
        whenNil: WhenNil = .null
    ) -> Self {
        let encodedName = JSONWriter.encodedName(name)
        let token = JSONPointer([name]).description
        let absent = Rule.firstDefault(rules) ?? Value.absent
        let isOmitted = whenNil == .omit || Value.isOmittedWhenAbsent
        return Field(
            description: FieldDescription(
                name: name, place: .body, isRequired: absent == nil,
                isOmitted: Value.absent != nil && whenNil == .omit, schema: Rule.adding(rules, to: Value.schema)),
            decode: { source, faults throws(Refused) in
                guard let json = source.body?[name] else {
                    if let absent { return absent }
                    faults.append(.missing(.body(pointer: source.pointer(to: token))))
                    throw Refused()
                }
                let pointer = source.pointer(to: token)
                guard
                    let value = Value(json: json, at: pointer, strict: source.refusesUnknown, faults: &faults)
                else { throw Refused() }
                return try Rule.check(value, rules, .body(pointer: pointer), &faults)
            },
            encode: { root, sink in
                let value = member(root)
                if isOmitted, value.isAbsent { return }
                sink.body.name(encoded: encodedName)
                value.encode(into: &sink.body)
            })
    }
}

extension Field where Value: TextRepresentable {
    /// A `{name}` of the path.
    @inlinable package static func path(_ name: String, _ member: @escaping @Sendable (Root) -> Value) -> Self {
        Field(
            description: FieldDescription(name: name, place: .path, isRequired: true, schema: Value.textSchema),
            decode: { source, faults throws(Refused) in
                if let value = Value(text: source.path[name]) { return value }
                faults.append(FieldFault(.path(name), "format", "The path holds no valid value."))
                throw Refused()
            },
            encode: { root, sink in
                if let text = member(root).text { sink.path.append((name, text)) }
            })
    }

    /// A parameter of the query.
    @inlinable package static func query(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...
    ) -> Self {
        Field(
            description: describeText(name, .query, rules),
            decode: { source, faults throws(Refused) in
                try decodeText(source.query[name], .query(name), rules, &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.query.append((name, text)) }
            })
    }

    /// A header field, of a request or of an answer. `name` is in lower case.
    @inlinable package static func header(
        _ name: String, _ member: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>...
    ) -> Self {
        Field(
            description: describeText(name, .header, rules),
            decode: { source, faults throws(Refused) in
                try decodeText(source.header(name), .header(name), rules, &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.headers.append((name, text)) }
            })
    }

    /// A cookie of a request: the gateway passes those on that the operation declares, and no other.
    @inlinable package static func cookie(_ name: String, _ member: @escaping @Sendable (Root) -> Value) -> Self {
        Field(
            description: describeText(name, .cookie, []),
            decode: { source, faults throws(Refused) in
                try decodeText(source.cookie(name), .header("cookie"), [], &faults)
            },
            encode: { root, sink in
                if let text = member(root).text { sink.headers.append(("cookie", "\(name)=\(text)")) }
            })
    }

    @usableFromInline static func describeText(
        _ name: String, _ place: FieldDescription.Place, _ rules: [Rule<Value>]
    ) -> FieldDescription {
        FieldDescription(
            name: name, place: place, isRequired: Value(text: nil) == nil && !rules.contains { $0.hasDefault },
            schema: Rule.adding(rules, to: Value.textSchema))
    }

    @inlinable static func decodeText(
        _ text: String?, _ place: FieldFault.Place, _ rules: [Rule<Value>], _ faults: inout [FieldFault]
    ) throws(Refused) -> Value {
        if text == nil, let value = Rule.firstDefault(rules) { return value }
        guard let value = Value(text: text) else {
            faults.append(text == nil ? .missing(place) : FieldFault(place, "format", "It has the wrong form."))
            throw Refused()
        }
        return try Rule.check(value, rules, place, &faults)
    }
}

/// What is written for a member that is nil.
@usableFromInline package enum WhenNil: Sendable {
    case null
    case omit
}
