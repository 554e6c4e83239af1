/// Names what kept answers are about, so that they can be let go of together: `article/0190…`, `article-lists`.
@usableFromInline package struct CacheTag: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Bytes of one tag; longer ones name nothing.
    package static let bytesMax = 256
    /// Tags of one answer or event.
    package static let countMax = 128
    /// Carries the tags of an answer from the service to the edge: those that it is kept by, or, of a call that changed
    /// something, those that are let go of. It goes no further.
    package static let header = "causeway-cache-tags"

    /// Nil for what is no tag: it is empty, too long, or has a comma, a space or anything that is not visible ASCII.
    package init?(parsing text: String) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }
        guard isPlain, !text.isEmpty, text.utf8.count <= Self.bytesMax else { return nil }
        self.text = text
    }

    /// - Parameters:
    ///   - literal: visible ASCII without commas.
    ///   - subject: an identifier, percent-encoded where it must be.
    package init(_ literal: StaticString, _ subject: String? = nil) {
        guard let subject else {
            text = literal.description
            return
        }
        text = "\(literal)/\(PercentEncoding.encode(subject))"
    }

    @usableFromInline package var description: String { text }

    /// What `header` holds for `tags`.
    package static func join(_ tags: [CacheTag]) -> String {
        tags.map(\.text).joined(separator: ",")
    }

    /// The tags of a field value; nil where it holds something else, or too many.
    package static func parse(_ value: String) -> [CacheTag]? {
        var tags: [CacheTag] = []
        for part in value.split(separator: ",") {
            let text = part.drop { $0 == " " }
            guard let tag = CacheTag(parsing: String(text)), tags.count < countMax else { return nil }
            tags.append(tag)
        }
        return tags
    }
}

/// A tag that follows from a request's path: `article/{article}`.
package struct CacheTagTemplate: Sendable, Hashable, ExpressibleByStringLiteral {
    package let text: String

    package init(stringLiteral text: StaticString) {
        self.text = text.description
    }

    /// The names of its holes.
    package var parameters: [String] { PathTemplate(text).parameters }

    /// The tag for values of a path, as decoded; nil where they are too long for one.
    package func tag(_ parameters: PathParameters) -> CacheTag? {
        let parts = PathTemplate(text).segments.map { segment in
            switch segment {
            case .literal(let text): text
            case .parameter(let name): PercentEncoding.encode(parameters[name] ?? "")
            }
        }
        return CacheTag(parsing: parts.joined(separator: "/"))
    }
}
