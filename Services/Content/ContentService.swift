package import Contract
internal import Cryptography
package import Logging
package import Postgres
package import Primitives
internal import Protocol

/// Articles: each author's working copies, and the snapshots of them that the public reads.
///
/// A published read is one statement. What it shows of the author comes from a projection of profiles that this service
/// keeps for itself.
package struct ContentService: Sendable {
    package static let schema = "content"
    package static let migrations: [Migration] = [.articles]

    private let store: ArticleStore
    private let authors: AuthorProjection
    private let cursors: CursorSealer
    private let configuration: ContentConfiguration
    private let clock: Clock

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
        cursors = CursorSealer(keys: configuration.cursorKeys)
        self.configuration = configuration
        self.clock = clock
    }

    package var endpoints: [BoundEndpoint] {
        Suite.content.serve(
            ListArticlesHandler(store: store, cursors: cursors),
            ReadArticleHandler(store: store),
            CreateArticleHandler(
                store: store, authors: authors, defaultLocale: configuration.defaultLocale, clock: clock),
            ReadDraftHandler(store: store),
            UpdateArticleHandler(store: store, clock: clock),
            DeleteArticleHandler(store: store, clock: clock),
            PublishArticleHandler(store: store, authors: authors, clock: clock),
            UnpublishArticleHandler(store: store))
    }
}
