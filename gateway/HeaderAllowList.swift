internal import HTTP

/// Names of header fields that pass from one side to the other; whatever is not listed stays behind.
///
/// So hop-by-hop fields (RFC 9110, section 7.6.1), fields that claim an identity or a route, and those that processes
/// of the suite send each other never come through from outside, whatever they are called.
struct HeaderAllowList: Sendable {
    /// By length, so that most fields are told apart without a look at their letters.
    private var namesByLength: [[String]] = []

    init(_ names: some Sequence<String>) {
        for name in Set(names.map { $0.lowercased() }).sorted() {
            let length = name.utf8.count
            while namesByLength.count <= length { namesByLength.append([]) }
            namesByLength[length].append(name)
        }
    }

    var names: [String] { namesByLength.flatMap { $0 } }

    /// Appends the fields of `source` that may pass to `target`.
    func copy(_ source: HeaderFields, to target: inout HeaderFields) {
        for index in 0..<source.count where admits(index, of: source) { target.append(index, of: source) }
    }

    private func admits(_ index: Int, of fields: HeaderFields) -> Bool {
        let length = fields.nameLength(at: index)
        guard length < namesByLength.count else { return false }
        return namesByLength[length].contains { fields.matches(index, $0) }
    }
}
