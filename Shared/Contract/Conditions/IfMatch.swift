/// `If-Match` (RFC 9110, section 13.1.1).
package enum IfMatch: Sendable, Hashable {
    /// `*`: whatever is there.
    case any
    /// One of these versions. Weak tags and tags that are not ours match nothing: the comparison is the strong one.
    case versions([Int])

    package func allows(_ version: Int) -> Bool {
        switch self {
        case .any: true
        case .versions(let versions): versions.contains(version)
        }
    }
}

extension IfMatch: TextRepresentable {
    package static var textSchema: SchemaDescription { String.schema }

    package init?(text: String?) {
        guard let text, let condition = EntityTagCondition(parsing: text) else { return nil }
        switch condition {
        case .any: self = .any
        case .tags(let candidates):
            self = .versions(candidates.compactMap { $0.isWeak ? nil : EntityTag($0.opaque)?.version })
        }
    }

    package var text: String? {
        switch self {
        case .any: "*"
        // A tag that no version has, since an empty list is none.
        case .versions([]): "\"\""
        case .versions(let versions): versions.map { EntityTag(version: $0).description }.joined(separator: ", ")
        }
    }
}

/// The input of an operation that `If-Match` guards.
package protocol ConditionalInput: Sendable {
    var ifMatch: IfMatch? { get }
}

/// Something whose changes count its version up.
package protocol Versioned: Sendable {
    var etag: EntityTag { get }
}

extension Versioned {
    /// What a change that was made for another version is told: the present one.
    package var preconditionFailed: Problem {
        Problem(.preconditionFailed, headers: [("etag", etag.description)])
    }
}
