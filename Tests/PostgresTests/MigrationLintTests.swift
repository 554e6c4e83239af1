import Postgres
import Testing

@Suite struct MigrationLintTests {
    /// What a second migration breaks, as `rule` or `rule allowed`.
    private func broken(_ sql: String) -> [String] {
        findings(Migration(2, "second", sql)).map { $0.rule.rawValue + ($0.reason == nil ? "" : " allowed") }
    }

    private func findings(_ migration: Migration) -> [MigrationFinding] {
        MigrationLint.findings(in: [Migration(1, "first", "CREATE TABLE notes (id bigint)"), migration])
    }

    @Test(arguments: [
        ("DROP TABLE notes", "drop"),
        ("DROP INDEX notes_by_id", "drop"),
        ("ALTER TABLE notes DROP COLUMN body", "drop"),
        ("ALTER TABLE notes ADD a text, DROP CONSTRAINT c", "drop"),
        ("ALTER TABLE notes ALTER COLUMN a DROP DEFAULT", "drop"),
        ("ALTER TYPE mood DROP ATTRIBUTE a", "drop"),
        ("alter table if exists only content.notes alter column a type bigint", "rewrite"),
        ("ALTER TABLE \"notes\" ALTER a SET DATA TYPE bigint USING a::bigint", "rewrite"),
        ("ALTER TABLE notes ADD COLUMN a uuid DEFAULT gen_random_uuid()", "rewrite"),
        ("ALTER TABLE notes ADD COLUMN a bigserial", "rewrite"),
        ("ALTER TABLE notes ADD COLUMN a text GENERATED ALWAYS AS (lower(b)) STORED", "rewrite"),
        ("ALTER TABLE notes SET UNLOGGED", "rewrite"),
        ("VACUUM FULL notes", "rewrite"),
        ("CLUSTER notes", "rewrite"),
        ("ALTER TABLE notes ADD COLUMN a text NOT NULL", "not-null"),
        ("ALTER TABLE notes ALTER COLUMN a SET NOT NULL", "not-null"),
        ("CREATE INDEX notes_by_a ON notes (a)", "index-lock"),
        ("CREATE UNIQUE INDEX IF NOT EXISTS notes_by_a ON ONLY content.notes (a)", "index-lock"),
        ("REINDEX TABLE notes", "index-lock"),
        ("CREATE INDEX CONCURRENTLY notes_by_a ON notes (a)", "alone"),
        ("ALTER TABLE notes ADD CONSTRAINT c CHECK (a > 0)", "constraint-scan"),
        ("ALTER TABLE notes ADD FOREIGN KEY (a) REFERENCES others", "constraint-scan"),
        ("ALTER TABLE notes ADD COLUMN a uuid REFERENCES others", "constraint-scan"),
        ("ALTER TABLE notes ADD COLUMN a int CHECK (a > 0)", "constraint-scan"),
        (
            "ALTER TABLE notes ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE notes VALIDATE CONSTRAINT c",
            "constraint-scan"
        ),
        ("ALTER TABLE notes RENAME COLUMN a TO b", "rename"),
        ("ALTER TABLE notes RENAME TO memos", "rename"),
        ("ALTER TABLE notes SET SCHEMA other", "rename"),
        ("ALTER INDEX a RENAME TO b", "rename"),
        ("LOCK TABLE notes IN EXCLUSIVE MODE", "lock-table"),
        ("UPDATE notes SET a = 1 WHERE a IS NULL", "whole-table"),
        ("DELETE FROM notes", "whole-table"),
        ("TRUNCATE notes", "whole-table"),
        ("WITH old AS (DELETE FROM notes RETURNING *) SELECT 1", "whole-table"),
        ("SET LOCAL lock_timeout = 0", "timeout"),
        ("DO $$ BEGIN DROP TABLE notes; END $$", "block"),
        ("/* a /* nested */ comment */ DROP -- the\n TABLE notes", "drop"),
        ("SELECT E'it\\'s; '; DROP TABLE notes", "drop"),
    ])
    func whatHurtsIsFound(_ sql: String, _ rule: String) {
        #expect(broken(sql) == [rule], "\(sql)")
    }

    @Test(arguments: [
        "CREATE TABLE memos (id bigint PRIMARY KEY, n bigint NOT NULL CHECK (n > 0)); CREATE INDEX i ON memos (n)",
        "CREATE TABLE content.memos (id bigint); ALTER TABLE memos ADD COLUMN a text NOT NULL; DELETE FROM memos",
        "CREATE UNLOGGED TABLE IF NOT EXISTS memos (id bigint); UPDATE memos SET id = 1",
        "ALTER TABLE notes ADD COLUMN a text",
        "ALTER TABLE notes ADD COLUMN a text NOT NULL DEFAULT 'x', ADD b timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE notes ALTER COLUMN a DROP NOT NULL",
        "ALTER TABLE notes ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
        "ALTER TABLE notes ADD CONSTRAINT c UNIQUE USING INDEX notes_by_a",
        "ALTER TABLE notes VALIDATE CONSTRAINT c",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $body$ DELETE FROM notes; DROP TABLE notes $body$",
        "COMMENT ON TABLE notes IS 'DROP TABLE notes; it''s a joke'",
        "SELECT $1, 'a' -- DROP TABLE notes\n; /* DROP TABLE notes; */ SELECT \"drop\" FROM notes",
        "GRANT SELECT ON notes TO reader; INSERT INTO notes VALUES (1)",
        ";;",
    ])
    func whatIsHarmlessPasses(_ sql: String) {
        #expect(broken(sql) == [])
    }

    @Test func aReasonExcusesOneStatement() {
        let sql = """
            -- lint: allow drop: nothing reads it since 7
            DROP TABLE old;
            ALTER TABLE notes
                -- lint: allow not-null: validated: in 5
                ALTER COLUMN a SET NOT NULL;
            DROP TABLE other;
            """
        #expect(broken(sql) == ["drop allowed", "not-null allowed", "drop"])
        let found = findings(Migration(2, "second", sql))
        #expect(found.map(\.reason) == ["nothing reads it since 7", "validated: in 5", nil])
        #expect(found.map(\.line) == [2, 3, 6])
    }

    @Test(arguments: [
        ("-- lint: allow drop\nDROP TABLE old", ["drop", "allowance"]),
        ("-- lint: allow drop:  \nDROP TABLE old", ["drop", "allowance"]),
        ("-- lint: allow rename: no\nDROP TABLE old", ["drop", "allowance"]),
        ("-- lint: allow everything: please\nSELECT 1", ["allowance"]),
        ("SELECT 1;\n-- lint: allow drop: behind the last statement", ["allowance"]),
    ])
    func anAllowanceThatSaysNothingIsItselfFound(_ sql: String, _ rules: [String]) {
        #expect(broken(sql) == rules)
    }

    @Test func aMigrationThatRunsAloneMayOnlyMakeAndDropIndexesConcurrently() {
        let good = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON notes (b)"
        #expect(findings(Migration(2, "second", alone: good)) == [])
        for bad in [
            "CREATE INDEX CONCURRENTLY a ON notes (b)", "CREATE TABLE a ()",
            "CREATE INDEX IF NOT EXISTS a ON notes (b)",
        ] {
            #expect(findings(Migration(2, "second", alone: bad)).map(\.rule) == [.alone], "\(bad)")
        }
        let drop = findings(Migration(2, "second", alone: "DROP INDEX CONCURRENTLY IF EXISTS a"))
        #expect(drop.map(\.rule) == [.drop])
    }

    @Test func theFirstMigrationMeetsNoData() {
        #expect(MigrationLint.findings(in: [Migration(1, "first", "DROP TABLE notes")]) == [])
    }

    @Test func aFindingSaysWhereAndWhatToDo() {
        let found = findings(Migration(2, "second", "SELECT 1;\n\nDROP TABLE notes"))
        #expect(
            found.map(\.description) == [
                "migration 2 (second), line 3, drop: drop table notes: the release before still uses what is dropped: "
                    + "stop using it first, drop it one release later"
            ])
    }
}
