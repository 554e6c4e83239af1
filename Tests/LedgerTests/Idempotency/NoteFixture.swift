import Contract
import JSON
import Ledger
import Postgres
import Primitives
import Synchronization
import TestKit

/// Writes a note down: the smallest keyed operation.
enum WriteNote: Endpoint {
    typealias Caller = PeerService
    struct Input: Sendable {
        let text: String
    }
    struct Output: Sendable {
        let number: Int
        let text: String
    }
    enum Failure: String, DeclaredFailure { case refused = "not-found" }
    static let method = EndpointMethod.post
    static let path: StaticString = "/internal/notes"
    static let policy = Policy(rate: .none, retry: .keyed)
    static let input = Shape(Input.init, .body("text", \.text))
    static let output = Answer.created(
        Shape(Output.init, .body("number", \.number), .body("text", \.text)),
        headers: [.etag { EntityTag(version: $0.number) }, .location { "/internal/notes/\($0.number)" }])
    static let summary = "Write a note."
}

/// Notes, with a place to wait before the transaction and one in it, after the effect.
struct WriteNoteHandler: PreparedHandler {
    typealias Operation = WriteNote
    let before: @Sendable (String) async throws -> Void
    let within: @Sendable (String) async throws -> Void

    static let insert = Statement<Int, String>(
        "t.write-note", "INSERT INTO notes (text) VALUES ($1) RETURNING number")

    func prepare(_ input: WriteNote.Input, _ call: Call<PeerService>) async throws {
        try await before(input.text)
    }

    func handle(
        _ input: WriteNote.Input, _ call: Call<PeerService>, _ preparation: Void, in transaction: Transaction
    ) async throws -> WriteNote.Output {
        let number = try await transaction.one(Self.insert, input.text)
        try await within(input.text)
        return WriteNote.Output(number: number, text: input.text)
    }
}

struct NoteFixture: Sendable {
    let database: Database
    let endpoint: BoundEndpoint

    static let migrations = [
        Migration(1, "idempotency", IdempotencyLedger.migrationSQL),
        Migration(
            2, "notes",
            "CREATE TABLE notes (number bigint GENERATED ALWAYS AS IDENTITY, text text NOT NULL);"),
    ]

    init(
        _ database: Database, lifetime: Duration = .seconds(3600),
        before: @escaping @Sendable (String) async throws -> Void = { _ in },
        within: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) {
        self.database = database
        let handler = Keyed(
            WriteNoteHandler(before: before, within: within), IdempotencyLedger(database, lifetime: lifetime))
        endpoint = API(.content, WriteNote.self).serve(handler)[0]
    }

    /// Runs `body` with an empty table.
    static func withNotes(_ body: (Database, TestDatabase) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA content")
            try await test.open(schema: "content") { database in
                _ = try await Migrator(database, migrations).migrate()
                try await body(database, test)
            }
        }
    }

    /// - Parameters:
    ///   - key: a number that stands for a key; nil for none.
    ///   - fingerprint: a number that stands for what is asked.
    func write(_ text: String, key: UInt8?, fingerprint: UInt8 = 0) async throws -> EncodedAnswer {
        let claim = key.flatMap { key in
            IdempotencyKey("k").map {
                IdempotencyClaim(
                    caller: "service:user", operationID: "writeNote", key: $0,
                    scope: Array(repeating: key, count: 32), fingerprint: Array(repeating: fingerprint, count: 32))
            }
        }
        let facts = CallFacts(
            requestID: "r", traceparent: nil, deadline: .after(.seconds(30)), context: CallerContext(issuer: .user),
            idempotency: claim)
        return try await endpoint.respond(FieldSource(body: ["text": .string(text)]), facts)
    }

    /// The code of the problem that `write` ends with.
    func refusal(of text: String, key: UInt8?, fingerprint: UInt8 = 0) async -> String {
        do {
            return "\(try await write(text, key: key, fingerprint: fingerprint).status)"
        } catch let problem as Problem {
            return problem.kind.code
        } catch let rejection as any RejectionProtocol {
            return rejection.code
        } catch {
            return "\(error)"
        }
    }

    func notes() async throws -> [String] {
        try await database.all(Statement<String>("t.notes", "SELECT text FROM notes ORDER BY number"))
    }

    func keptAnswers() async throws -> Int {
        try await database.one(Statement<Int>("t.kept", "SELECT count(*) FROM idempotency_answers"))
    }
}

extension EncodedAnswer {
    /// All that a client sees of it but that it is a replay.
    var essence: String {
        let fields = headers.filter { $0.name != IdempotencyKey.replayedHeader }.map { "\($0.name): \($0.value)" }
        return "\(status) \(fields) \(body.map { String(decoding: $0, as: UTF8.self) } ?? "none")"
    }

    var isReplay: Bool { headers.contains { $0 == (IdempotencyKey.replayedHeader, "true") } }
}

/// Lets tasks wait until it is opened, and tells how many do.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var waiting: Int { state.withLock(\.waiting.count) }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
