/// One action of an `ALTER TABLE`.
struct SQLAlteration {
    let tokens: [SQLToken]

    private func has(_ words: String...) -> Bool {
        tokens.indices.contains { start in
            start + words.count <= tokens.count && zip(words, tokens[start...]).allSatisfy { $1.is($0) }
        }
    }

    private func begins(_ words: String...) -> Bool {
        words.count <= tokens.count && zip(words, tokens).allSatisfy { $1.is($0) }
    }

    /// The name of a constraint that this adds.
    var addedConstraint: String? {
        begins("add", "constraint") && tokens.count > 2 ? tokens[2].text : nil
    }

    /// - Parameter newConstraints: those that the same migration has added.
    func broken(newConstraints: Set<String>) -> Set<MigrationRule> {
        guard let first = tokens.first else { return [] }
        switch first.text {
        case "drop": return [.drop]
        case "rename": return [.rename]
        case "add": return addsConstraint ? brokenByConstraint : brokenByColumn
        case "alter": return brokenByChange
        case "attach": return [.constraintScan]
        case "validate":
            let name = tokens.dropFirst(2).first?.text
            return name.map { newConstraints.contains($0) } == true ? [.constraintScan] : []
        case "set":
            if has("set", "schema") { return [.rename] }
            return has("set", "tablespace") || has("set", "logged") || has("set", "unlogged") ? [.rewrite] : []
        default: return []
        }
    }

    private static let constraintWords = ["constraint", "check", "foreign", "unique", "primary", "exclude"]

    private var addsConstraint: Bool {
        tokens.dropFirst().first.map { token in Self.constraintWords.contains { token.is($0) } } ?? false
    }

    private var brokenByConstraint: Set<MigrationRule> {
        has("not", "valid") || has("using", "index") ? [] : [.constraintScan]
    }

    private var brokenByColumn: Set<MigrationRule> {
        var broken: Set<MigrationRule> = []
        let hasDefault = tokens.contains { $0.is("default") }
        if has("not", "null"), !hasDefault { broken.insert(.notNull) }
        if hasDefault, callsFunction { broken.insert(.rewrite) }
        if tokens.contains(where: { $0.is("generated") || $0.text.hasSuffix("serial") }) { broken.insert(.rewrite) }
        let constraints = ["references", "check", "unique", "primary"]
        if tokens.contains(where: { token in constraints.contains { token.is($0) } }) { broken.insert(.constraintScan) }
        return broken
    }

    /// Whether the default is made by a function that may give another value for each row. The time of the transaction
    /// is one value for all.
    private var callsFunction: Bool {
        guard let place = tokens.firstIndex(where: { $0.is("default") }) else { return false }
        let expression = tokens[(place + 1)...].prefix { token in
            !["not", "null", "check", "references", "constraint", "unique", "primary"].contains { token.is($0) }
        }
        return zip(expression, expression.dropFirst()).contains { name, next in
            name.kind == .word && next.is("(") && name.text != "now"
        }
    }

    private var brokenByChange: Set<MigrationRule> {
        var broken: Set<MigrationRule> = []
        if tokens.contains(where: { $0.is("type") }) { broken.insert(.rewrite) }
        if has("set", "not", "null") { broken.insert(.notNull) }
        if has("drop", "default") { broken.insert(.drop) }
        return broken
    }
}
