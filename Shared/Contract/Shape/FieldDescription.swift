package import JSON

/// One field, as documents and checks read it.
@usableFromInline package struct FieldDescription: Sendable {
    package let name: String
    @usableFromInline package let place: Place
    /// Whether a request without it is refused.
    package let isRequired: Bool
    /// Whether an answer leaves it out when it has no value.
    package let isOmitted: Bool
    package let schema: SchemaDescription
    package var text: String?
    package var example: JSONValue?

    @usableFromInline package init(
        name: String, place: Place, isRequired: Bool, isOmitted: Bool = false, schema: SchemaDescription
    ) {
        self.name = name
        self.place = place
        self.isRequired = isRequired
        self.isOmitted = isOmitted
        self.schema = schema
    }

    @usableFromInline package enum Place: String, Sendable {
        case path
        case query
        case header
        case cookie
        case body
    }
}
