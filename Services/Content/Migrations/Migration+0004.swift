internal import Postgres

extension Migration {
    static let standings = Migration(
        4, "standings",
        """
        -- The version of the profile that an author's name comes from: an older one never replaces a newer one. 0 where
        -- it was not told, or where only the account's standing was heard of; then handle and name are empty too.
        ALTER TABLE authors ADD COLUMN version bigint NOT NULL DEFAULT 0;
        -- active, disabled or erased. Whoever changes what the public reads of an author locks the author's row first.
        ALTER TABLE authors ADD COLUMN standing text NOT NULL DEFAULT 'active';
        -- Of the change of standing that is followed: an earlier one, heard later, has a smaller one.
        ALTER TABLE authors ADD COLUMN epoch bigint NOT NULL DEFAULT 0;

        -- Snapshots of disabled authors, as they were, so that reading never has to look at an author's standing.
        CREATE TABLE withheld_articles (
            id uuid PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
            author_id uuid NOT NULL,
            slug text NOT NULL,
            title text NOT NULL,
            summary text NOT NULL,
            body text NOT NULL,
            body_html text NOT NULL,
            reading_minutes bigint NOT NULL,
            data jsonb NOT NULL,
            tags text[] NOT NULL,
            locale text NOT NULL,
            version bigint NOT NULL,
            published_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        );
        CREATE INDEX withheld_articles_by_author ON withheld_articles (author_id);
        """)
}
