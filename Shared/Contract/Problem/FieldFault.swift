package import JSON

/// One value of a request that is not valid, and where it stands.
@usableFromInline package struct FieldFault: Error, Sendable, Hashable {
    package let place: Place
    /// Kebab-case: `required`, `unknown`, `type`, `length`, `range`, `format`, …
    package let code: String
    /// One sentence for people.
    package let message: String

    @usableFromInline package init(_ place: Place, _ code: String, _ message: String) {
        self.place = place
        self.code = code
        self.message = message
    }

    @usableFromInline package enum Place: Sendable, Hashable {
        /// A JSON Pointer into the body (RFC 6901).
        case body(pointer: String)
        case path(String)
        case query(String)
        case header(String)
    }

    /// What had to be there and is not.
    @usableFromInline static func missing(_ place: Place) -> FieldFault {
        let message = if case .body = place { "The member is missing." } else { "It is missing." }
        return FieldFault(place, "required", message)
    }

    package func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        switch place {
        case .body(let pointer):
            writer.name("pointer")
            writer.string(pointer)
        case .path(let name), .query(let name):
            writer.name("parameter")
            writer.string(name)
        case .header(let name):
            writer.name("header")
            writer.string(name)
        }
        writer.name("code")
        writer.string(code)
        writer.name("message")
        writer.string(message)
        writer.endObject()
    }
}
