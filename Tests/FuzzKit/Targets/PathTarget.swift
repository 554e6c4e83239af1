internal import Gateway

extension FuzzTarget {
    /// What is accepted has one spelling, which means what was sent.
    static let canonicalPath = FuzzTarget(
        name: "canonical-path",
        dictionary: [
            "/", "//", "/./", "/../", "..", "%2e", "%2E", "%2F", "%5c", "%00", "%25", "%c3%a9", "%", "?", "#", ";",
            "%3b", "\\",
            "/v1/articles", "/internal/",
        ]
    ) { (bytes) throws(FuzzFinding) in
        guard let raw = String(validating: bytes, as: UTF8.self), let path = try? CanonicalPath(raw) else { return }
        guard let again = try? CanonicalPath(path.target) else { throw FuzzFinding("\(path.target) is refused") }
        try require(again == path, "\(path.target) has another spelling: \(again.target)")
        try require(path.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }, "a byte that must be escaped")
        let segments = path.path.utf8.split(separator: slash, omittingEmptySubsequences: false).map { unescaped($0) }
        try require(segments.first == [] && segments.count > 1, "not absolute: \(path.path)")
        for segment in segments.dropFirst().dropLast() { try require(segment != [], "an empty segment: \(path.path)") }
        for segment in segments {
            // Servers that know parameters take them off.
            let bare = Array(segment.prefix { $0 != semicolon })
            try require(bare != [dot] && bare != [dot, dot], "a dot segment: \(path.path)")
            for byte in segment {
                let isSafe = byte > 0x1F && byte != 0x7F && byte != slash && byte != backslash
                try require(isSafe, "byte \(byte) hides in \(path.path)")
            }
        }
        try expectSameMeaning(raw, path)
    }

    /// The segments are those that were sent, without the empty ones; the query is as it was.
    private static func expectSameMeaning(_ raw: String, _ path: CanonicalPath) throws(FuzzFinding) {
        let question = raw.utf8.firstIndex(of: UInt8(ascii: "?")) ?? raw.utf8.endIndex
        let sent = raw.utf8[..<question].split(separator: slash).map { unescaped($0) }
        let kept = path.path.utf8.split(separator: slash).map { unescaped($0) }
        try require(sent == kept, "\(raw) became \(path.target)")
        try require(path.query.utf8.elementsEqual(raw.utf8[question...].dropFirst()), "the query of \(raw) changed")
    }

    /// Written apart from the product's own decoder, so that both would have to be wrong.
    private static func unescaped(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        var plain: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count,
                let value = UInt8(bytes[at + 1...at + 2].text, radix: 16)
            {
                plain.append(value)
                at += 3
            } else {
                plain.append(bytes[at])
                at += 1
            }
        }
        return plain
    }
}

private let slash = UInt8(ascii: "/")
private let backslash = UInt8(ascii: "\\")
private let semicolon = UInt8(ascii: ";")
private let dot = UInt8(ascii: ".")
