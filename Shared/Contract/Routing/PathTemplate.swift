/// A path with named holes: `/v1/articles/{article}/draft`.
package struct PathTemplate: Sendable, Hashable {
    package let text: String
    package let segments: [Segment]

    package enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
    }

    package init(_ text: String) {
        self.text = text
        segments = text.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    package var parameters: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The path with `values` in its holes, percent-encoded.
    package func filled(with values: [(name: String, value: String)]) -> String {
        var path = ""
        for segment in segments {
            path += "/"
            switch segment {
            case .literal(let text): path += text
            case .parameter(let name): path += PercentEncoding.encode(values.first { $0.name == name }?.value ?? "")
            }
        }
        return path.isEmpty ? "/" : path
    }
}
