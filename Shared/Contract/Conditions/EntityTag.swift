package import JSON

/// A strong entity tag (RFC 9110, section 8.8.3) that holds a version and a hash of the representation:
/// `"7-1f0c…"`. `If-Match` compares the version only, so that an author's new name does not break a write.
package struct EntityTag: Sendable, Hashable {
    /// The resource's version, counted up by each change.
    package let version: Int
    /// What else the representation depends on, or empty.
    package let hash: String

    package init(version: Int, hash: String = "") {
        self.version = version
        self.hash = hash
    }
}

extension EntityTag: LosslessStringConvertible {
    package var description: String { hash.isEmpty ? "\"\(version)\"" : "\"\(version)-\(hash)\"" }

    /// Parses a strong tag of ours; others are nil.
    package init?(_ text: String) {
        guard text.count >= 3, text.hasPrefix("\""), text.hasSuffix("\"") else { return nil }
        let parts = text.dropFirst().dropLast().split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let version = Int(text: String(first)) else { return nil }
        self.init(version: version, hash: parts.count == 2 ? String(parts[1]) : "")
    }
}

extension EntityTag: TextRepresentable {
    package init?(text: String?) {
        guard let text, let tag = EntityTag(text) else { return nil }
        self = tag
    }

    package var text: String? { description }
}

extension EntityTag: JSONRepresentable {
    package static var schema: SchemaDescription { String.schema }

    package init?(json: JSONValue, at pointer: String, strict: Bool, faults: inout [FieldFault]) {
        guard case .string(let text) = json, let tag = EntityTag(text) else {
            appendTypeFault(pointer, "an entity tag", &faults)
            return nil
        }
        self = tag
    }

    package func encode(into writer: inout JSONWriter) { writer.string(description) }
}
