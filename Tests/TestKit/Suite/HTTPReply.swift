package import JSON

/// An answer as a client saw it.
package struct HTTPReply: Sendable, CustomStringConvertible {
    /// `2` or `1.1`.
    package let version: String
    package let status: Int
    /// Lower-case names and values in order.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    /// Reads what curl prints with `--include`; interim answers are skipped.
    package init?(parsing output: [UInt8]) {
        var rest = output[...]
        while true {
            guard rest.starts(with: Array("HTTP/".utf8)), let end = Self.endOfHead(rest) else { return nil }
            let lines = String(decoding: rest[..<end], as: UTF8.self).split(separator: "\r\n")
            let words = (lines.first ?? "").dropFirst(5).split(separator: " ")
            guard words.count >= 2, let status = Int(words[1]) else { return nil }
            rest = rest[end...].dropFirst(4)
            if (100..<200).contains(status), rest.starts(with: Array("HTTP/".utf8)) { continue }
            version = String(words[0])
            self.status = status
            headers = lines.dropFirst().compactMap { line in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (line[..<colon].lowercased(), String(value))
            }
            body = Array(rest)
            return
        }
    }

    private static func endOfHead(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: [13, 10, 13, 10]) }
    }

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    package func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; nil where it is none.
    package var json: JSONValue? { try? JSONValue.parse(body) }

    /// A member of the body, or of an object in it.
    package subscript(_ names: String...) -> JSONValue? {
        names.reduce(json) { $0?.object?[$1] }
    }

    /// The problem's code; nil where the body is no problem.
    package var code: String? {
        header("content-type") == "application/problem+json" ? self["code"]?.string : nil
    }

    /// Where the problem says that values are wrong: `/title length`.
    package var faults: [String] {
        (self["errors"]?.array ?? []).map { fault in
            let place = fault.object?["pointer"]?.string ?? fault.object?["parameter"]?.string ?? "?"
            return "\(place) \(fault.object?["code"]?.string ?? "?")"
        }
    }

    package var description: String { "\(status) \(headers.map { "\($0.name): \($0.value)" }) \(text)" }
}
