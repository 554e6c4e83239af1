public import JSON

/// A member of a merge patch (RFC 7396): left alone, or set. `Change<String?>` can be set to nothing by `null`.
@usableFromInline package enum Change<Wrapped: Sendable>: Sendable {
    case unchanged
    case set(Wrapped)

    /// The new value, or nil where it is left alone.
    @inlinable package var value: Wrapped? {
        switch self {
        case .unchanged: nil
        case .set(let value): value
        }
    }

    package func applied(to current: Wrapped) -> Wrapped {
        value ?? current
    }
}

extension Change: Equatable where Wrapped: Equatable {}
extension Change: Hashable where Wrapped: Hashable {}

extension Change: JSONRepresentable where Wrapped: JSONRepresentable {
    @usableFromInline package static var schema: SchemaDescription { Wrapped.schema }
    @inlinable package static var absent: Change? { .some(.unchanged) }
    @inlinable package var isAbsent: Bool { value == nil }
    /// Written as `null`, what is left alone would be set to nothing.
    @inlinable package static var isOmittedWhenAbsent: Bool { true }

    @inlinable package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard let value = Wrapped(json: json, at: pointer, strict: strict, faults: &faults) else { return nil }
        self = .set(value)
    }

    @inlinable package func encode(into writer: inout JSONWriter) {
        if case .set(let value) = self { value.encode(into: &writer) } else { writer.null() }
    }
}
