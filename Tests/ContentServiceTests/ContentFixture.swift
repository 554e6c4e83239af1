import ContentService
import Contract
import JSON
import Ledger
import Logging
import Postgres
import Primitives
import Protocol
import Synchronization
import TestKit

/// The service on a database of its own, with a user service that knows what the test tells it.
struct ContentFixture: Sendable {
    let endpoints: [BoundEndpoint]
    let probe: EndpointProbe
    let user: StubUser
    let clock: ManualClock
    let database: Database
    let service: ContentService

    static let cursorKey = Secret<[UInt8]>(Array(0..<32))

    static func with(_ body: (ContentFixture) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA content")
            try await test.open(schema: ContentService.schema) { database in
                _ = try await Migrator(database, ContentService.migrations).migrate()
                let (user, clock) = (StubUser(), ManualClock())
                let service = ContentService(
                    configuration: ContentConfiguration(cursorKeys: [cursorKey]), database: database, user: user,
                    clock: clock.clock,
                    logger: Logger(label: "test"))
                try await body(
                    ContentFixture(
                        endpoints: service.endpoints, probe: EndpointProbe(service.endpoints), user: user,
                        clock: clock, database: database, service: service))
            }
        }
    }

    /// Someone who writes; the user service knows them.
    func author(_ handle: String = "ada", name: String = "Ada", roles: [Role] = [.author]) -> Writer {
        let id = AccountID.make()
        user.put(id, handle: handle, name: name)
        return Writer(id: id, context: .person(id, roles: roles), probe: probe)
    }

    /// Lets an event take effect, as if it were delivered for the first time.
    func tell<T: Topic>(_ topic: T.Type, _ payload: T.Payload) async throws {
        let facts = EventFacts(
            id: .make(), topic: T.name, version: T.version, sequence: 1, key: T.key(payload), requestID: nil,
            createdAt: .now)
        for subscription in service.subscriptions where subscription.topic == T.name {
            try await database.transaction {
                try await subscription.perform(Event(facts: facts, payload: T.encode(payload)), in: $0)
            }
        }
    }

    func read(_ article: String) async throws -> EndpointProbe.Reply {
        try await probe.call(ReadArticle.self, path: ["article": article], as: .anonymous)
    }

    func list(_ query: String = "") async throws -> EndpointProbe.Reply {
        try await probe.call(ListArticles.self, query: query, as: .anonymous)
    }

    /// The slugs of all pages, following the `Link` header from `query`, `between` called after each page.
    func walk(
        _ query: String, pagesMax: Int = 200, between: () async throws -> Void = {}
    ) async throws -> [[String]] {
        var pages: [[String]] = []
        var next: String? = query
        while let query = next, pages.count < pagesMax {
            let reply = try await list(query)
            pages.append(reply.slugs)
            next = reply.header("link").flatMap { link in
                link.split(separator: ">").first?.split(separator: "?").last.map(String.init)
            }
            try await between()
        }
        return pages
    }
}

extension EndpointProbe.Reply {
    var slugs: [String] { self["items"]?.array?.compactMap { $0.object?["slug"]?.string } ?? [] }
    var id: String { self["id"]?.string ?? "" }
    var slug: String { self["slug"]?.string ?? "" }
    var etag: String? { header("etag") }
}

/// A signed-in account and what it can do.
struct Writer: Sendable {
    let id: AccountID
    let context: CallerContext
    let probe: EndpointProbe

    func create(_ body: String) async throws -> EndpointProbe.Reply {
        try await probe.call(CreateArticle.self, body: body, as: context)
    }

    func create(title: String, tags: [String] = []) async throws -> EndpointProbe.Reply {
        let tags = tags.map { "\"\($0)\"" }.joined(separator: ",")
        return try await create(#"{"title":"\#(title)","body":"Text of \#(title).","tags":[\#(tags)]}"#)
    }

    func draft(_ article: String) async throws -> EndpointProbe.Reply {
        try await probe.call(ReadDraft.self, path: ["article": article], as: context)
    }

    func patch(_ article: String, _ body: String, ifMatch: String? = "*") async throws -> EndpointProbe.Reply {
        try await probe.call(
            UpdateArticle.self, path: ["article": article], ifMatch: ifMatch, body: body, as: context)
    }

    func jsonPatch(_ article: String, _ patch: String, ifMatch: String? = "*") async throws -> EndpointProbe.Reply {
        try await probe.call(
            UpdateArticle.self, path: ["article": article], ifMatch: ifMatch, jsonPatch: patch, as: context)
    }

    func delete(_ article: String, ifMatch: String? = "*") async throws -> EndpointProbe.Reply {
        try await probe.call(DeleteArticle.self, path: ["article": article], ifMatch: ifMatch, as: context)
    }

    func publish(_ article: String, ifMatch: String? = nil) async throws -> EndpointProbe.Reply {
        try await probe.call(PublishArticle.self, path: ["article": article], ifMatch: ifMatch, as: context)
    }

    func unpublish(_ article: String, ifMatch: String? = nil) async throws -> EndpointProbe.Reply {
        try await probe.call(UnpublishArticle.self, path: ["article": article], ifMatch: ifMatch, as: context)
    }

    /// Creates and publishes.
    @discardableResult
    func post(title: String, tags: [String] = []) async throws -> EndpointProbe.Reply {
        try await publish(create(title: title, tags: tags).id)
    }
}

extension CallerContext {
    static let anonymous = CallerContext(issuer: .gateway)

    static func person(_ id: AccountID, roles: [Role]) -> CallerContext {
        let names = roles.map(\.rawValue)
        return CallerContext(
            issuer: .gateway,
            account: Account(
                id: id, session: .make(), roles: names, permissions: Role.permissions(of: names),
                authenticatedAt: .now, methods: ["pwd"], epoch: 0))
    }
}

/// Answers `ReadProfiles` from memory.
final class StubUser: EndpointCaller {
    private struct State {
        var profiles: [AccountID: ProfileFacts] = [:]
        var calls = 0
        var isAway = false
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var calls: Int { state.withLock(\.calls) }

    /// How many calls wait for `release`.
    var held: Int { state.withLock(\.held.count) }

    /// Keeps every call waiting from now on.
    func hold() {
        state.withLock { $0.isHeld = true }
    }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    private func pass() async {
        await withCheckedContinuation { continuation in
            let mayPass = state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            if mayPass { continuation.resume() }
        }
    }

    func setAway(_ isAway: Bool) {
        state.withLock { $0.isAway = isAway }
    }

    func put(_ id: AccountID, handle: String, name: String) {
        state.withLock {
            let version = ($0.profiles[id]?.version ?? 0) + 1
            $0.profiles[id] = ProfileFacts(id: id, handle: handle, displayName: name, version: version)
        }
    }

    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        guard let input = input as? ReadProfiles.Input else { throw .malformed(reason: "not stubbed") }
        await pass()
        let (profiles, isAway) = state.withLock { state in
            state.calls += 1
            return (input.ids.compactMap { state.profiles[$0] }, state.isAway)
        }
        guard !isAway else { throw .unavailable(didNoWork: true, reason: "stubbed away") }
        guard let output = Items(items: profiles) as? E.Output else { throw .malformed(reason: "not stubbed") }
        return output
    }
}
