internal import Compression
internal import HTTP

/// Entity tags of bodies that the edge made shorter.
///
/// A strong tag stands for bytes, so those of each coding need one of their own (RFC 9110, section 8.8.3.3): `"7-1f0c"`
/// becomes `"7-1f0c-gzip"`. A weak one would be honest too, but nobody could write with what it read: `If-Match` takes
/// strong tags only. Services never see the suffix: it goes from `If-Match` and `If-None-Match` before they do, and
/// comes back onto the tag of their 304.
enum CodedTag {
    private static let names = ["if-match", "if-none-match"]

    /// The tag with the coding; a weak one stands for all of them as it is.
    static func adding(_ coding: ContentCoding, to tag: String) -> String {
        guard tag.hasPrefix("\""), tag.hasSuffix("\""), tag.utf8.count >= 2 else { return tag }
        return "\(tag.dropLast())-\(coding.rawValue)\""
    }

    /// Takes the codings off the conditions of a request.
    static func removeCodings(_ fields: inout HeaderFields) {
        for name in names where fields.contains(name) {
            guard let tags = fields.combined(name) else { continue }
            let plain = plain(tags)
            if plain != tags { fields.set(name, plain) }
        }
    }

    /// A list of tags without their codings.
    static func plain(_ tags: String) -> String {
        ContentCoding.allCases.reduce(tags) { $0.replacing("-\($1.rawValue)\"", with: "\"") }
    }

    /// The tag of a 304, as the client knows it: it asked for the bytes of a coding.
    static func known(_ tag: String, by request: HeaderFields) -> String {
        guard let tags = request.combined("if-none-match"), !tags.contains(tag) else { return tag }
        return ContentCoding.allCases.map { adding($0, to: tag) }.first { tags.contains($0) } ?? tag
    }
}
