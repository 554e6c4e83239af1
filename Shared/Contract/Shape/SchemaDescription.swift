package import JSON

/// A JSON Schema (2020-12) and the named schemas that it refers to.
@usableFromInline package struct SchemaDescription: Sendable {
    package var keywords: JSONObject
    package var definitions: [String: JSONObject]

    package init(_ keywords: JSONObject, definitions: [String: JSONObject] = [:]) {
        self.keywords = keywords
        self.definitions = definitions
    }

    func adding(_ more: [(String, JSONValue)]) -> SchemaDescription {
        var copy = self
        for (name, value) in more { copy.keywords[name] = value }
        return copy
    }

    /// The same, or null.
    var nullable: SchemaDescription {
        var copy = self
        if case .string(let type)? = keywords["type"] {
            copy.keywords["type"] = .array([.string(type), .string("null")])
            if case .array(let cases)? = keywords["enum"] { copy.keywords["enum"] = .array(cases + [.null]) }
        } else if keywords["$ref"] != nil {
            copy.keywords = ["anyOf": .array([.object(keywords), .object(["type": .string("null")])])]
        }
        return copy
    }

    var arrayOf: SchemaDescription {
        SchemaDescription(["type": .string("array"), "items": .object(keywords)], definitions: definitions)
    }
}

extension Shape {
    /// The schema of the object that the `.body` fields make: a reference where the shape has a name.
    package var objectSchema: SchemaDescription {
        var definitions: [String: JSONObject] = [:]
        var properties = JSONObject()
        var required: [JSONValue] = []
        for field in fields where field.place == .body {
            definitions.merge(field.schema.definitions) { first, _ in first }
            properties[field.name] = .object(field.documentedSchema)
            if field.isRequired { required.append(.string(field.name)) }
        }
        var keywords: JSONObject = ["type": .string("object"), "properties": .object(properties)]
        if !required.isEmpty { keywords["required"] = .array(required) }
        guard let name else { return SchemaDescription(keywords, definitions: definitions) }
        definitions[name] = keywords
        return SchemaDescription(["$ref": .string("#/components/schemas/\(name)")], definitions: definitions)
    }
}

extension FieldDescription {
    /// The field's schema with its sentence and example.
    package var documentedSchema: JSONObject {
        var keywords = schema.keywords
        if let text { keywords["description"] = .string(text) }
        if let example { keywords["examples"] = .array([example]) }
        return keywords
    }
}
