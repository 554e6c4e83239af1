/// The parameters of a query, decoded.
@usableFromInline package struct QueryParameters: Sendable {
    private let items: [(name: String, value: String)]

    @usableFromInline package init() {
        items = []
    }

    /// The most parameters that one query may have.
    package static let itemsMax = 64

    /// Parses the part behind `?`.
    ///
    /// - Throws: a fault where an escape is broken, a name repeats, or there are more than `itemsMax`.
    package init(parsing query: some StringProtocol) throws(FieldFault) {
        guard !query.isEmpty else {
            items = []
            return
        }
        var items: [(name: String, value: String)] = []
        for part in query.split(separator: "&", omittingEmptySubsequences: true) {
            let equals = part.firstIndex(of: "=") ?? part.endIndex
            let text = part[equals...].dropFirst()
            guard let name = PercentEncoding.decode(part[..<equals], plusIsSpace: true),
                let value = PercentEncoding.decode(text, plusIsSpace: true)
            else { throw FieldFault(.query(String(part.prefix(64))), "format", "A percent escape is broken.") }
            guard !items.contains(where: { $0.name == name }) else {
                throw FieldFault(.query(name), "duplicate", "The parameter may be given once.")
            }
            guard items.count < Self.itemsMax else {
                throw FieldFault(.query(name), "count", "There are more than \(Self.itemsMax) parameters.")
            }
            items.append((name, value))
        }
        self.items = items
    }

    package var names: [String] { items.map(\.name) }
    @usableFromInline package var isEmpty: Bool { items.isEmpty }

    @usableFromInline package subscript(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    /// The query that stands for `items`, without `?`.
    package static func encode(_ items: [(name: String, value: String)]) -> String {
        items.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
