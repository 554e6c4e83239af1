internal import Contract
internal import JSON
internal import Ledger
internal import Postgres
internal import Primitives
internal import Protocol

/// What becomes of authors and their articles when something happened to accounts and profiles.
///
/// Topics do not wait for each other and an event may be late, so that each effect holds whatever came before it: the
/// name of the later profile, the standing with the larger epoch, and nothing after an erasure.
///
/// An event changes the author's standing, which is enough to stop publishing, and moves the first articles with it.
/// What an author has beyond one batch follows in a job, batch by batch, each by the standing that holds by then.
struct AccountFollower: Sendable {
    let database: Database
    let clock: Clock

    static let jobKind: JobKind = "content.settle-author"
    /// A job that fails is tried for about two weeks, up to an hour apart.
    private static let jobAttemptsMax = 700

    func profileChanged(_ event: ProfileChanged.Payload, in transaction: Transaction) async throws {
        let profile = ProfileFacts(
            id: event.account, handle: event.handle, displayName: event.displayName, version: event.version)
        try await AuthorStore(session: transaction).put(profile, at: clock.now)
        // Most profiles are of people who have written nothing.
        guard try await transaction.one(AuthorStatements.isPublished, event.account) else { return }
        try await PublicChange.tell(ofAuthor: event.account, hasMoved: false, at: clock.now, in: transaction)
    }

    func disabled(_ event: AccountDisabled.Payload, in transaction: Transaction) async throws {
        try await change(event, to: .disabled, in: transaction)
    }

    func enabled(_ event: AccountEnabled.Payload, in transaction: Transaction) async throws {
        try await change(event, to: .active, in: transaction)
    }

    func deleted(_ event: AccountDeleted.Payload, in transaction: Transaction) async throws {
        try await AuthorStore(session: transaction).erase(event.account)
        try await begin(event.account, in: transaction)
    }

    /// Goes on where the event's own transaction ended.
    func settle(_ job: Job) async throws(JobFailure) {
        guard case .object(let object)? = try? JSONValue.parse(job.payload.bytes),
            let author = object["author"]?.string.flatMap({ AccountID($0) })
        else { throw .permanent("the payload names no author") }
        do {
            while try await !database.transaction(attemptsMax: 3, { try await settleSome(author, in: $0) }) {}
        } catch {
            throw .temporary("\(error)")
        }
    }

    private func change(
        _ event: AccountStandingChange, to standing: AuthorStanding, in transaction: Transaction
    ) async throws {
        let isNews = try await AuthorStore(session: transaction).change(
            event.account, to: standing, epoch: event.epoch)
        if isNews { try await begin(event.account, in: transaction) }
    }

    private func begin(_ author: AccountID, in transaction: Transaction) async throws {
        guard try await !settleSome(author, in: transaction) else { return }
        let payload = JSONWriter.object { $0.member("author", string: author.description) }
        try await JobQueue.enqueue(
            in: transaction, kind: Self.jobKind, payload: JSONBytes(payload), attemptsMax: Self.jobAttemptsMax)
    }

    /// Moves one batch of the author's articles to where the author's standing wants them.
    ///
    /// - Returns: whether all of them are there.
    private func settleSome(_ author: AccountID, in transaction: Transaction) async throws(PostgresFailure) -> Bool {
        guard let standing = try await transaction.first(AuthorStatements.lock, author) else { return true }
        let statement =
            switch standing {
            case .active: WithheldStatements.restore
            case .disabled: WithheldStatements.withhold
            case .erased: WithheldStatements.erase
            }
        let moved = try await transaction.one(statement, author)
        if moved > 0 {
            try await PublicChange.tell(ofAuthor: author, hasMoved: true, at: clock.now, in: transaction)
        }
        return moved < WithheldStatements.batchMax
    }
}
