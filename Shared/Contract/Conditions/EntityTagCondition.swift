/// What `If-Match` and `If-None-Match` hold (RFC 9110, sections 13.1.1 and 13.1.2), whoever made the tags.
package enum EntityTagCondition: Sendable, Hashable {
    /// `*`: whatever is there.
    case any
    case tags([Candidate])

    package struct Candidate: Sendable, Hashable {
        package let isWeak: Bool
        /// With its quotes.
        package let opaque: String
    }

    /// Reads a field value; nil where it is no list of entity tags. Empty elements of the list are skipped (section
    /// 5.6.1.2), a list of nothing else is none.
    package init?(parsing text: String) {
        var rest = Substring(text).utf8
        var candidates: [Candidate] = []
        Self.skipSpace(&rest)
        if rest.elementsEqual("*".utf8) || rest.first == UInt8(ascii: "*") {
            rest.removeFirst()
            Self.skipSpace(&rest)
            guard rest.isEmpty else { return nil }
            self = .any
            return
        }
        while true {
            Self.skipSpace(&rest)
            if let byte = rest.first, byte != UInt8(ascii: ",") {
                guard let candidate = Self.candidate(&rest) else { return nil }
                candidates.append(candidate)
                Self.skipSpace(&rest)
            }
            guard let comma = rest.popFirst() else { break }
            guard comma == UInt8(ascii: ",") else { return nil }
        }
        guard !candidates.isEmpty else { return nil }
        self = .tags(candidates)
    }

    /// The weak comparison (section 8.8.3.2), as `If-None-Match` wants it.
    package func matchesWeakly(_ tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .tags(let candidates): candidates.contains { $0.opaque == tag.description }
        }
    }

    private static func candidate(_ rest: inout Substring.UTF8View) -> Candidate? {
        let isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest.removeFirst(2) }
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        // etagc is any visible character but the quote, or a byte from 128 on.
        guard
            let end = rest.dropFirst().firstIndex(where: { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == 0x7F }),
            rest[end] == UInt8(ascii: "\"")
        else { return nil }
        let opaque = String(Substring(rest[...end]))
        rest = rest[rest.index(after: end)...]
        return Candidate(isWeak: isWeak, opaque: opaque)
    }

    private static func skipSpace(_ rest: inout Substring.UTF8View) {
        while let byte = rest.first, byte == 0x20 || byte == 0x09 { rest.removeFirst() }
    }
}
