/// A strict reader of Prometheus' text format 0.0.4, written from its specification and apart from the printer.
struct ExpositionReader {
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Malformed: Error { let line: String }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\n"), Array(text.utf8) == bytes else { throw Malformed(line: "end or encoding") }
        var finished: Set<String> = []
        var current = ""
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") { continue }
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                guard words.count == 4, types[String(words[2])] == nil,
                    ["counter", "gauge", "histogram", "summary"].contains(words[3])
                else { throw Malformed(line: String(line)) }
                finished.insert(current)
                current = String(words[2])
                guard !finished.contains(current) else { throw Malformed(line: String(line)) }
                types[current] = String(words[3])
                continue
            }
            let sample = try Self.sample(String(line))
            let names = Self.suffixes(types[current]).map { current + $0 }
            guard names.contains(sample.name),
                !samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels })
            else {
                throw Malformed(line: String(line))
            }
            samples.append(sample)
        }
        try checkHistograms()
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    private static func suffixes(_ type: String?) -> [String] {
        switch type {
        case "histogram": ["_bucket", "_sum", "_count"]
        case "summary": ["_sum", "_count"]
        default: [""]
        }
    }

    private func checkHistograms() throws {
        for (name, type) in types where type == "histogram" {
            let buckets = samples.filter { $0.name == name + "_bucket" }
            for group in Dictionary(grouping: buckets, by: { $0.labels.filter { $0.key != "le" } }) {
                let values = group.value.map(\.value)
                let bounds = group.value.map { Double($0.labels["le"]?.replacing("+Inf", with: "inf") ?? "") ?? .nan }
                guard values == values.sorted(), bounds == bounds.sorted(), bounds.last == .infinity,
                    value(name + "_count", group.key) == values.last, value(name + "_sum", group.key) != nil
                else { throw Malformed(line: name) }
            }
        }
    }

    private static func sample(_ line: String) throws -> Sample {
        var rest = Substring(line)
        func fail() -> Malformed { Malformed(line: line) }
        func word(_ isFirst: (Character) -> Bool, _ isNext: (Character) -> Bool) throws -> String {
            guard let first = rest.first, isFirst(first) else { throw fail() }
            let word = rest.prefix { isNext($0) }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        func isLetter(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c == "_") }
        let name = try word({ isLetter($0) || $0 == ":" }, { isLetter($0) || $0 == ":" || $0.isASCII && $0.isNumber })
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while true {
                let label = try word(isLetter, { isLetter($0) || $0.isASCII && $0.isNumber })
                guard rest.hasPrefix("=\""), labels[label] == nil else { throw fail() }
                rest = rest.dropFirst(2)
                var value = ""
                while let next = rest.popFirst(), next != "\"" {
                    guard next == "\\" else {
                        value.append(next)
                        continue
                    }
                    switch rest.popFirst() {
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    case "n": value.append("\n")
                    default: throw fail()
                    }
                }
                labels[label] = value
                let end = rest.popFirst()
                if end == "}" { break }
                guard end == "," else { throw fail() }
            }
        }
        guard rest.first == " " else { throw fail() }
        let number = rest.dropFirst().replacing("Inf", with: "inf")
        guard let value = Double(String(number)) else { throw fail() }
        return Sample(name: name, labels: labels, value: value)
    }
}
