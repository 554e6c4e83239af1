internal import Contract
internal import Postgres
internal import Primitives
internal import Protocol

/// The SQL of authors. A row without a name stands for an account of which only the standing was heard.
enum AuthorStatements {
    static let byID = Statement<AuthorStore.Known, AccountID>(
        "content.author-by-id",
        "SELECT id, handle, display_name, refreshed_at, standing FROM authors WHERE id = $1", AuthorStore.Known.init)

    /// An older name does not overwrite a newer one, and one that was erased does not come back.
    static let upsert = Statement<Void, AccountID, String, String, Int, Timestamp>(
        "content.upsert-author",
        """
        INSERT INTO authors (id, handle, display_name, version, refreshed_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE
        SET handle = excluded.handle, display_name = excluded.display_name, version = excluded.version,
            refreshed_at = greatest(authors.refreshed_at, excluded.refreshed_at)
        WHERE authors.version <= excluded.version AND authors.standing <> 'erased'
        """)

    /// Affects no row where a later change is known, or the account was erased.
    static let changeStanding = Statement<Void, AccountID, AuthorStanding, Int>(
        "content.change-author-standing",
        """
        INSERT INTO authors (id, handle, display_name, refreshed_at, standing, epoch)
        VALUES ($1, '', '', to_timestamp(0), $2, $3)
        ON CONFLICT (id) DO UPDATE SET standing = excluded.standing, epoch = excluded.epoch
        WHERE authors.standing <> 'erased' AND authors.epoch < excluded.epoch
        """)

    static let erase = Statement<Void, AccountID>(
        "content.erase-author",
        """
        INSERT INTO authors (id, handle, display_name, refreshed_at, standing)
        VALUES ($1, '', '', to_timestamp(0), 'erased')
        ON CONFLICT (id) DO UPDATE SET standing = 'erased', handle = '', display_name = ''
        """)

    /// For whoever moves all that an author has published: nobody publishes meanwhile.
    static let lock = Statement<AuthorStanding, AccountID>(
        "content.lock-author", "SELECT standing FROM authors WHERE id = $1 FOR NO KEY UPDATE")

    /// For whoever changes what the public reads of one article: before its own row, so that all lock in one order.
    static let holdOfArticle = Statement<AuthorStanding, ArticleID>(
        "content.hold-author-of-article",
        """
        SELECT au.standing FROM articles a JOIN authors au ON au.id = a.author_id
        WHERE a.id = $1 FOR SHARE OF au
        """)

    /// Whether the public reads anything of the author.
    static let isPublished = Statement<Bool, AccountID>(
        "content.is-author-published", "SELECT EXISTS (SELECT 1 FROM published_articles WHERE author_id = $1)")
}
