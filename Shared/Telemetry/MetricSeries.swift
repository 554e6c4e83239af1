/// The labels of one series, sorted by name, valid for Prometheus.
struct MetricLabels: Hashable, Sendable {
    let pairs: [Pair]

    struct Pair: Hashable, Sendable {
        let name: String
        let value: String
    }

    static let overflow = MetricLabels([("overflow", "true")])

    init(_ dimensions: [(String, String)]) {
        var names: Set<String> = []
        pairs = dimensions.compactMap { name, value -> Pair? in
            // `le` is the bucket's own label.
            let name = name == "le" ? "le_" : MetricName.label(name)
            guard names.insert(name).inserted else { return nil }
            return Pair(name: name, value: bounded(value, bytesMax: TelemetryLimits.labelValueBytesMax))
        }.sorted { $0.name < $1.name }
    }

    /// `{a="b"}` with `extra` at the end; nothing where there is no label.
    func rendered(_ extra: String = "") -> String {
        guard !pairs.isEmpty || !extra.isEmpty else { return "" }
        var parts = pairs.map { "\($0.name)=\"\(MetricName.escaped($0.value))\"" }
        if !extra.isEmpty { parts.append(extra) }
        return "{\(parts.joined(separator: ","))}"
    }
}

/// Names as Prometheus' data model has them.
enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; every other character becomes an underscore.
    static func metric(_ name: String) -> String { clean(name, colons: true) }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and not two underscores in front, which are Prometheus' own.
    static func label(_ name: String) -> String {
        let cleaned = clean(name, colons: false)
        return cleaned.hasPrefix("__") ? "label\(cleaned)" : cleaned
    }

    private static func clean(_ name: String, colons: Bool) -> String {
        var cleaned = String(
            name.unicodeScalars.map { scalar -> Character in
                let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                let isDigit = ("0"..."9").contains(scalar)
                return isLetter || isDigit || colons && scalar == ":" ? Character(scalar) : "_"
            })
        if cleaned.first.map({ $0.isNumber }) ?? true { cleaned = "_" + cleaned }
        return cleaned
    }

    /// A label's value between quotes (text format 0.0.4).
    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        return value.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }

    /// A number as the format has it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return value.description
    }
}
