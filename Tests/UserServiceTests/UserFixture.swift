import Contract
import Ledger
import Logging
import Postgres
import Primitives
import Protocol
import Synchronization
import TestKit
import UserService

/// The service on a database of its own, with an auth that knows what the test tells it.
struct UserFixture: Sendable {
    let probe: EndpointProbe
    let auth: StubAuth
    let clock: ManualClock
    let database: Database
    let subscriptions: [Subscription]

    static func with(_ body: (UserFixture) async throws -> Void) async throws {
        try await TestPostgres.withDatabase { test in
            try await test.administer("CREATE SCHEMA users")
            try await test.open(schema: UserService.schema) { database in
                _ = try await Migrator(database, UserService.migrations).migrate()
                let (auth, clock) = (StubAuth(), ManualClock())
                let service = UserService(
                    database: database, auth: auth, clock: clock.clock, logger: Logger(label: "test"))
                try await body(
                    UserFixture(
                        probe: EndpointProbe(service.endpoints), auth: auth, clock: clock, database: database,
                        subscriptions: service.subscriptions))
            }
        }
    }

    /// A new account that auth knows.
    func account(named name: String? = nil, locale: String? = nil) -> AccountID {
        auth.add(name: name, locale: locale)
    }

    func me(_ id: AccountID) async throws -> EndpointProbe.Reply {
        try await probe.call(ReadMyProfile.self, as: .person(id))
    }

    /// As anyone sees it.
    func look(at user: String) async throws -> EndpointProbe.Reply {
        try await probe.call(ReadProfile.self, path: ["user": user], as: .anonymous)
    }

    /// Lets an event take effect, as if it were delivered for the first time.
    func tell<T: Topic>(_ topic: T.Type, _ payload: T.Payload) async throws {
        let facts = EventFacts(
            id: .make(), topic: T.name, version: T.version, sequence: 1, key: T.key(payload), requestID: nil,
            createdAt: .now)
        for subscription in subscriptions where subscription.topic == T.name {
            try await database.transaction {
                try await subscription.perform(Event(facts: facts, payload: T.encode(payload)), in: $0)
            }
        }
    }

    func patch(_ id: AccountID, _ body: String, ifMatch: String? = "*") async throws -> EndpointProbe.Reply {
        try await probe.call(UpdateMyProfile.self, ifMatch: ifMatch, body: body, as: .person(id))
    }
}

extension CallerContext {
    static let anonymous = CallerContext(issuer: .gateway)
    static let peer = CallerContext(issuer: .content)

    static func person(_ id: AccountID, roles: [Role] = [.author]) -> CallerContext {
        let names = roles.map(\.rawValue)
        return CallerContext(
            issuer: .gateway,
            account: Account(
                id: id, session: .make(), roles: names, permissions: Role.permissions(of: names),
                authenticatedAt: .now, methods: ["pwd"], epoch: 0))
    }
}

/// Answers `ReadAccount` from memory.
final class StubAuth: EndpointCaller {
    private struct State {
        var accounts: [AccountID: AccountFacts] = [:]
        var calls = 0
        var isAway = false
    }

    private let state = Mutex(State())

    var calls: Int { state.withLock(\.calls) }

    func goAway() {
        state.withLock { $0.isAway = true }
    }

    func add(name: String?, locale: String?) -> AccountID {
        let id = AccountID.make()
        state.withLock {
            $0.accounts[id] = AccountFacts(id: id, displayName: name, locale: locale, createdAt: .now)
        }
        return id
    }

    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        guard let input = input as? ReadAccount.Input else { throw .malformed(reason: "not stubbed") }
        let (account, isAway) = state.withLock { state in
            state.calls += 1
            return (state.accounts[input.account], state.isAway)
        }
        guard !isAway else { throw .unavailable(didNoWork: true, reason: "stubbed away") }
        guard let account else { throw .problem(code: "not-found", status: 404) }
        guard let output = account as? E.Output else { throw .malformed(reason: "not stubbed") }
        return output
    }
}
