internal import HTTP

/// Names of header fields that pass from one side to the other; whatever is not listed stays behind.
///
/// So hop-by-hop fields (RFC 9110, section 7.6.1), fields that claim an identity or a route, and those that processes
/// of the suite send each other never come through from outside, whatever they are called.
struct HeaderAllowList: Sendable {
    private struct Name {
        let text: String
        let last: UInt8
    }

    /// By length, and within one by the last letter, so that nearly all others are told apart by these.
    private var namesByLength: [[Name]] = []

    init(_ names: some Sequence<String>) {
        for name in Set(names.map { $0.lowercased() }).sorted() {
            let length = name.utf8.count
            while namesByLength.count <= length { namesByLength.append([]) }
            if let last = name.utf8.last { namesByLength[length].append(Name(text: name, last: last)) }
        }
    }

    var names: [String] { namesByLength.flatMap { $0.map(\.text) } }

    /// Appends the fields of `source` that may pass to `target`.
    func copy(_ source: HeaderFields, to target: inout HeaderFields) {
        for index in 0..<source.count where admits(index, of: source) { target.append(index, of: source) }
    }

    private func admits(_ index: Int, of fields: HeaderFields) -> Bool {
        let length = fields.nameLength(at: index)
        guard length < namesByLength.count, !namesByLength[length].isEmpty else { return false }
        let last = fields.nameLast(at: index)
        return namesByLength[length].contains { $0.last == last && fields.matches(index, $0.text) }
    }
}
