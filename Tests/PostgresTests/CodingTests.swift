import Postgres
import Primitives
import TestKit
import Testing

private enum Colour: String, PostgresCodable, CaseIterable {
    case red, green
}

private enum ArticleSubject {}

@Suite struct CodingTests {
    /// Sends each value and reads it back through the server.
    private func roundTrip<Value: PostgresCodable & Equatable>(
        _ statement: Statement<Value, Value>, _ values: [Value], in database: Database
    ) async throws {
        for value in values {
            #expect(try await database.one(statement, value) == value)
        }
    }

    @Test func everyTypeReturnsAsItWent() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE TYPE colour AS ENUM ('red', 'green')")
            try await test.open { database in
                try await roundTrip(Statement("t.bool", "SELECT $1::bool"), [true, false], in: database)
                try await roundTrip(
                    Statement("t.int2", "SELECT $1::int2"), [0, -1, Int16.min, .max], in: database)
                try await roundTrip(
                    Statement("t.int4", "SELECT $1::int4"), [0, -1, Int32.min, .max], in: database)
                try await roundTrip(
                    Statement("t.int8", "SELECT $1::int8"), [0, -1, Int64.min, .max], in: database)
                try await roundTrip(Statement("t.int", "SELECT $1::int8"), [0, -1, Int.min, .max], in: database)
                try await roundTrip(
                    Statement("t.float8", "SELECT $1::float8"),
                    [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi],
                    in: database)
                let nan = try await database.one(Statement<Double, Double>("t.nan", "SELECT $1::float8"), .nan)
                #expect(nan.isNaN)
                try await roundTrip(
                    Statement("t.text", "SELECT $1::text"),
                    ["", "a", "Grüße, 世界 🐘", "'; DROP TABLE x; --", String(repeating: "long", count: 50_000)],
                    in: database)
                try await roundTrip(Statement("t.varchar", "SELECT $1::varchar"), ["", "x"], in: database)
                try await roundTrip(Statement("t.enum", "SELECT $1::colour"), Colour.allCases, in: database)
                try await roundTrip(Statement("t.enum-text", "SELECT $1::text"), Colour.allCases, in: database)
                try await roundTrip(
                    Statement("t.bytea", "SELECT $1::bytea"),
                    [[], [0], Array(0...255), [UInt8](repeating: 7, count: 300_000)], in: database)
                try await roundTrip(
                    Statement("t.uuid", "SELECT $1::uuid"),
                    [UUIDv7(), UUIDv7(high: 0, low: 0), UUIDv7(high: .max, low: .max)], in: database)
                try await roundTrip(
                    Statement("t.id", "SELECT $1::uuid"), [Identifier<ArticleSubject>.make()], in: database)
                try await roundTrip(
                    Statement("t.time", "SELECT $1::timestamptz"),
                    [
                        Timestamp(microseconds: 0), Timestamp(microseconds: -1), Timestamp.now,
                        Timestamp(seconds: 946_684_800), Timestamp(seconds: -210_866_803_200),
                        Timestamp(microseconds: .max),
                    ],
                    in: database)
            }
        }
    }

    @Test func arraysAndNullsReturnAsTheyWent() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                try await roundTrip(
                    Statement("t.texts", "SELECT $1::text[]"),
                    [[], [""], ["a", "NULL", "{}", "\"", ","], (0..<1000).map(String.init)], in: database)
                try await roundTrip(
                    Statement("t.int8s", "SELECT $1::int8[]"), [[], [Int64.min, 0, .max]], in: database)
                try await roundTrip(
                    Statement("t.uuids", "SELECT $1::uuid[]"), [[], [UUIDv7(), UUIDv7()]], in: database)
                try await roundTrip(
                    Statement("t.ids", "SELECT $1::uuid[]"), [[], [Identifier<ArticleSubject>.make()]], in: database)
                try await roundTrip(
                    Statement("t.maybe-text", "SELECT $1::text"), [nil, "", "x"] as [String?], in: database)
                try await roundTrip(
                    Statement("t.maybe-int", "SELECT $1::int8"), [nil, 0] as [Int?], in: database)
                try await roundTrip(
                    Statement("t.maybe-bytes", "SELECT $1::bytea"), [nil, [], [1]] as [[UInt8]?], in: database)
                try await roundTrip(
                    Statement("t.maybe-texts", "SELECT $1::text[]"), [nil, [], ["a"]] as [[String]?], in: database)
                try await roundTrip(
                    Statement("t.maybe-colour", "SELECT $1::text"), [nil, .red] as [Colour?], in: database)
            }
        }
    }

    @Test func jsonIsItsText() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                let jsonb = Statement<JSONBytes, JSONBytes>("t.jsonb", "SELECT $1::jsonb")
                let spaced = try await database.one(jsonb, JSONBytes(#"{"a":[1,null]}"#))
                #expect(spaced == JSONBytes(#"{"a": [1, null]}"#))
                let json = Statement<JSONBytes, String>("t.json", "SELECT $1::json")
                let verbatim = try await database.one(json, #"{"a":1}"#)
                #expect(verbatim == JSONBytes(#"{"a":1}"#))
                await #expect(throws: PostgresFailure.self) {
                    try await database.one(jsonb, JSONBytes("{"))
                }
            }
        }
    }

    @Test func aRowIsReadFromLeftToRight() async throws {
        struct Row: Sendable, Equatable {
            let id: Int
            let title: String
            let tags: [String]
            let note: String?
            let made: Timestamp
        }
        let statement = Statement<Row, Int, String>(
            "t.row", "SELECT $1, $2, ARRAY['x', 'y'], NULL::text, timestamptz '2026-01-31 12:00:00.123456+00'",
            Row.init)
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                let made = Timestamp(microseconds: 1_769_860_800_123_456)
                let row = try await database.one(statement, 7, "seven")
                #expect(row == Row(id: 7, title: "seven", tags: ["x", "y"], note: nil, made: made))
            }
        }
    }

    @Test func aRowThatDoesNotFitIsAFaultNamingTheColumn() async throws {
        try await TestPostgres.withDatabase { test in
            try await test.open { database in
                func fault<Row>(_ statement: Statement<Row>) async -> PostgresFailure? {
                    do {
                        _ = try await database.all(statement)
                        return nil
                    } catch {
                        return error
                    }
                }
                let widened = await fault(Statement<Int>("t.widened", "SELECT 1::int4 AS size"))
                #expect(widened?.kind == .shape(.type(column: "size", oid: 23)))
                #expect(widened?.statement == "t.widened")
                let count = await fault(Statement<Int>("t.count", "SELECT 1::int8, 2::int8"))
                #expect(count?.kind == .shape(.columns(expected: 1, found: 2)))
                let null = await fault(Statement<String>("t.null", "SELECT NULL::text AS title"))
                #expect(null?.kind == .shape(.value(column: "title", .unexpectedNull)))
                let infinite = await fault(Statement<Timestamp>("t.infinite", "SELECT timestamptz 'infinity' AS at"))
                #expect(infinite?.kind == .shape(.value(column: "at", .outOfRange)))
                let unknown = await fault(Statement<Colour>("t.unknown", "SELECT 'blue' AS colour"))
                #expect(unknown?.kind == .shape(.value(column: "colour", .unknownValue)))
                let nested = await fault(Statement<[Int64]>("t.nested", "SELECT '{{1,2},{3,4}}'::int8[] AS grid"))
                #expect(nested?.kind == .shape(.value(column: "grid", .unknownValue)))
                let holes = await fault(Statement<[String]>("t.holes", "SELECT ARRAY['a', NULL] AS tags"))
                #expect(holes?.kind == .shape(.value(column: "tags", .unexpectedNull)))
                await #expect(throws: PostgresFailure.self) {
                    try await database.first(Statement<Int>("t.two", "SELECT generate_series(1::int8, 2)"))
                }
                let none = try await database.first(Statement<Int>("t.none", "SELECT 1::int8 WHERE false"))
                #expect(none == nil)
            }
        }
    }
}
