/// Reads migrations for what hurts a suite that serves meanwhile: long locks, rewritten tables, and what takes from the
/// release before this one what it still uses.
///
/// A statement is excused by a comment above it or in it that gives a reason:
///
///     -- lint: allow drop: nothing has read it since 7
///
/// Tables that the same migration creates may be treated in any way. The first migration of a schema meets no data, and
/// is not read.
package struct MigrationLint {
    private let migration: Migration
    /// Tables that this migration has created so far.
    private var newTables: Set<String> = []
    /// Constraints that this migration has added so far.
    private var newConstraints: Set<String> = []
    private var findings: [MigrationFinding] = []

    /// What is found in a schema's list of migrations, allowed or not.
    package static func findings(in migrations: [Migration]) -> [MigrationFinding] {
        migrations.filter { $0.number > 1 }.flatMap { migration in
            var lint = MigrationLint(migration: migration)
            for statement in SQLScript(migration.sql).statements { lint.read(statement) }
            return lint.findings
        }
    }

    private init(migration: Migration) {
        self.migration = migration
    }

    private mutating func read(_ statement: SQLScript.Statement) {
        let broken = migration.runsAlone ? judgeAlone(statement) : judge(statement)
        for rule in broken.sorted(by: { $0.rawValue < $1.rawValue }) {
            let reason = statement.allowances.first { $0.rule == rule.rawValue }?.reason
            note(rule, statement, reason: reason.flatMap { $0.isEmpty ? nil : $0 })
        }
        for allowance in statement.allowances
        where allowance.reason.isEmpty || !broken.contains(where: { $0.rawValue == allowance.rule }) {
            findings.append(
                MigrationFinding(
                    migration: migration.number, name: migration.name, line: allowance.line, rule: .allowance,
                    excerpt: "lint: allow \(allowance.rule)", reason: nil))
        }
        if let table = statement.createdTable { newTables.insert(table) }
        newConstraints.formUnion(statement.alterations.compactMap(\.addedConstraint))
    }

    private mutating func note(_ rule: MigrationRule, _ statement: SQLScript.Statement, reason: String?) {
        findings.append(
            MigrationFinding(
                migration: migration.number, name: migration.name, line: statement.line, rule: rule,
                excerpt: statement.excerpt, reason: reason))
    }

    /// Outside a transaction a step that fails leaves what came before it, so that each must bear being run again.
    private func judgeAlone(_ statement: SQLScript.Statement) -> Set<MigrationRule> {
        let isIndex = statement.begins("create", "index") || statement.begins("create", "unique", "index")
        let isDrop = statement.begins("drop", "index")
        let isRepeatable = statement.tokens.contains { $0.is("exists") }
        guard isIndex || isDrop, statement.isConcurrent, isRepeatable else { return [.alone] }
        return isDrop ? [.drop] : []
    }

    private func judge(_ statement: SQLScript.Statement) -> Set<MigrationRule> {
        var broken: Set<MigrationRule> = statement.isConcurrent ? [.alone] : []
        guard let first = statement.tokens.first else { return broken }
        switch first.text {
        case "drop": broken.insert(.drop)
        case "create" where statement.createsIndex && !statement.isConcurrent && !isNew(statement.nameAfter("on")):
            broken.insert(.indexLock)
        case "reindex": broken.insert(.indexLock)
        case "cluster": broken.insert(.rewrite)
        case "vacuum": broken.insert(.rewrite)
        case "lock": broken.insert(.lockTable)
        case "truncate": broken.insert(.wholeTable)
        case "update" where !isNew(statement.nameAfter("update")): broken.insert(.wholeTable)
        case "delete" where !isNew(statement.nameAfter("from")): broken.insert(.wholeTable)
        case "with" where statement.tokens.contains { $0.is("update") || $0.is("delete") }: broken.insert(.wholeTable)
        case "set" where statement.tokens.contains { $0.text.hasSuffix("_timeout") }: broken.insert(.timeout)
        case "do": broken.insert(.block)
        case "alter": broken.formUnion(judgeAlter(statement))
        default: break
        }
        return broken
    }

    private func isNew(_ table: String?) -> Bool { table.map { newTables.contains($0) } ?? false }

    private func judgeAlter(_ statement: SQLScript.Statement) -> Set<MigrationRule> {
        guard statement.begins("alter", "table") else {
            let renames = statement.tokens.contains { $0.is("rename") }
            let drops = statement.tokens.contains { $0.is("drop") }
            return renames ? [.rename] : drops ? [.drop] : []
        }
        guard !isNew(statement.nameAfter("table")) else { return [] }
        return statement.alterations.reduce(into: []) { broken, alteration in
            broken.formUnion(alteration.broken(newConstraints: newConstraints))
        }
    }
}

extension SQLScript.Statement {
    /// The beginning, as it might have been written.
    var excerpt: String {
        tokens.prefix(8).map { $0.kind == .string ? "'…'" : $0.text }.joined(separator: " ")
            + (tokens.count > 8 ? " …" : "")
    }

    var isConcurrent: Bool { tokens.contains { $0.is("concurrently") } }

    var createsIndex: Bool { begins("create", "index") || begins("create", "unique", "index") }

    /// The table of a `CREATE TABLE`.
    var createdTable: String? {
        guard tokens.first?.is("create") == true, tokens.prefix(4).contains(where: { $0.is("table") }) else {
            return nil
        }
        return nameAfter("table")
    }

    /// The name behind the first `word`, without its schema.
    func nameAfter(_ word: String) -> String? { name(after: word)?.text }

    private func name(after word: String) -> (text: String, next: Int)? {
        guard let place = tokens.firstIndex(where: { $0.is(word) }) else { return nil }
        var at = place + 1
        while at < tokens.count, ["if", "not", "exists", "only", "concurrently"].contains(where: tokens[at].is) {
            at += 1
        }
        if at + 2 < tokens.count, tokens[at + 1].is(".") { at += 2 }
        return at < tokens.count ? (tokens[at].text, at + 1) : nil
    }

    /// What an `ALTER TABLE` does, one by one.
    var alterations: [SQLAlteration] {
        guard begins("alter", "table"), let (_, next) = name(after: "table") else { return [] }
        var alterations: [SQLAlteration] = []
        var current: [SQLToken] = []
        var depth = 0
        for token in tokens[next...] {
            if token.is("(") { depth += 1 }
            if token.is(")") { depth -= 1 }
            if token.is(","), depth == 0 {
                alterations.append(SQLAlteration(tokens: current))
                current = []
            } else {
                current.append(token)
            }
        }
        return alterations + [SQLAlteration(tokens: current)]
    }
}
