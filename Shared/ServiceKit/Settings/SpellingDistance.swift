/// Finds what somebody meant who wrote a name that does not exist.
enum SpellingDistance {
    /// The known name that is nearest, if it is near enough to have been meant.
    static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let bound = max(2, name.utf8.count / 3)
        let candidates = known.map { (name: $0, edits: edits(Array(name.utf8), Array($0.utf8))) }
        return candidates.filter { $0.edits <= bound }.min { ($0.edits, $0.name) < ($1.edits, $1.name) }?.name
    }

    /// Insertions, removals and replacements that make one of the other (Levenshtein).
    private static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
