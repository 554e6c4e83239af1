package import Contract
package import Ledger
package import Logging
package import Postgres
package import Primitives
internal import Protocol
internal import ServiceKit

/// Articles: each author's working copies, and the snapshots of them that the public reads.
///
/// A published read is one statement. What it shows of the author comes from a projection of profiles that this service
/// keeps for itself.
package struct ContentService: Sendable {
    package static let schema = "content"
    package static let migrations: [Migration] = [
        .articles, Migration(2, "jobs", JobQueue.migrationSQL), Migration(3, "inbox", Inbox.migrationSQL), .standings,
        Migration(5, "job-keys", JobQueue.keysMigrationSQL),
        Migration(6, "idempotency", IdempotencyLedger.migrationSQL),
        Migration(7, "outbox", Outbox.migrationSQL),
    ]

    private let store: ArticleStore
    private let authors: AuthorProjection
    private let follower: AccountFollower
    private let cursors: CursorSealer
    private let ledger: IdempotencyLedger
    private let configuration: ContentConfiguration
    private let clock: Clock
    private let logger: Logger

    /// - Parameters:
    ///   - database: as the data-only role, with `schema` as its search path.
    ///   - user: answers `ReadProfiles`.
    package init(
        configuration: ContentConfiguration, database: Database, user: any EndpointCaller, clock: Clock = .system,
        logger: Logger
    ) {
        store = ArticleStore(database: database)
        authors = AuthorProjection(
            store: AuthorStore(session: database), user: user, refreshAfter: configuration.authorRefreshAfter,
            clock: clock, logger: logger)
        follower = AccountFollower(database: database, clock: clock)
        cursors = CursorSealer(keys: configuration.cursorKeys)
        ledger = IdempotencyLedger(database)
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
    }

    package var endpoints: [BoundEndpoint] {
        Suite.content.serve(
            ListArticlesHandler(store: store, cursors: cursors),
            ReadArticleHandler(store: store),
            Keyed(
                CreateArticleHandler(authors: authors, defaultLocale: configuration.defaultLocale, clock: clock),
                ledger),
            ReadDraftHandler(store: store),
            UpdateArticleHandler(store: store, clock: clock),
            DeleteArticleHandler(store: store, clock: clock),
            Keyed(PublishArticleHandler(store: store, authors: authors, clock: clock), ledger),
            Keyed(UnpublishArticleHandler(store: store, clock: clock), ledger))
    }

    /// What it does with what other services tell.
    package var subscriptions: [Subscription] {
        let follower = follower
        return [
            Subscription(ProfileChanged.self) { event, _, transaction in
                try await follower.profileChanged(event, in: transaction)
            },
            Subscription(AccountDisabled.self) { event, _, transaction in
                try await follower.disabled(event, in: transaction)
            },
            Subscription(AccountEnabled.self) { event, _, transaction in
                try await follower.enabled(event, in: transaction)
            },
            Subscription(AccountDeleted.self) { event, _, transaction in
                try await follower.deleted(event, in: transaction)
            },
        ]
    }

    /// Works on what events have left to do and tidies up, until cancelled. Faults of the database are waited out.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await moveArticles() }
            group.addTask {
                await ledger.keepPruned { failure in
                    logger.warning("kept answers were not pruned", metadata: ["reason": "\(failure)"])
                }
            }
        }
    }

    private func moveArticles() async {
        let follower = follower
        var settings = JobRunner.Settings()
        // Each holds a connection for as long as it moves; requests need the others.
        settings.concurrentJobsMax = 1
        let runner = JobRunner(
            follower.database,
            handlers: [AccountFollower.jobKind: { (job) throws(JobFailure) in try await follower.settle(job) }],
            settings: settings
        ) { [logger] observation in
            switch observation {
            case .done: break
            case .willRetry(let job, _, let detail):
                logger.warning(
                    "an author's articles wait to be moved", metadata: ["job": "\(job.id)", "reason": "\(detail)"])
            case .died(let job, let detail):
                logger.error(
                    "an author's articles were not moved", metadata: ["job": "\(job.id)", "reason": "\(detail)"])
            case .buried(let count):
                logger.error("authors' articles were not moved", metadata: ["count": "\(count)"])
            case .leaseLost: break
            case .databaseFailed(let failure):
                logger.warning("the queue of jobs is out of reach", metadata: ["reason": "\(failure)"])
            }
        }
        await runner.run()
    }
}
