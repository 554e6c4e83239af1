internal import Postgres

extension Migration {
    static let articles = Migration(
        1, "articles",
        """
        -- What this service knows of authors: a projection of the user service's profiles.
        CREATE TABLE authors (
            id uuid PRIMARY KEY,
            handle text NOT NULL,
            display_name text NOT NULL,
            refreshed_at timestamptz NOT NULL
        );

        -- Working copies.
        CREATE TABLE articles (
            id uuid PRIMARY KEY,
            author_id uuid NOT NULL REFERENCES authors (id),
            slug text NOT NULL CONSTRAINT articles_slug_key UNIQUE CHECK (length(slug) <= 100),
            title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
            summary text NOT NULL CHECK (length(summary) <= 500),
            -- Whether the summary follows the body.
            summary_is_derived boolean NOT NULL,
            body text NOT NULL CHECK (length(body) <= 100000),
            body_html text NOT NULL,
            reading_minutes bigint NOT NULL,
            data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object'),
            tags text[] NOT NULL CHECK (cardinality(tags) <= 10),
            locale text NOT NULL,
            version bigint NOT NULL CHECK (version >= 1),
            -- The version that the public reads, and since when there is one.
            published_version bigint,
            published_at timestamptz,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            deleted_at timestamptz,
            CHECK ((published_version IS NULL) = (published_at IS NULL)),
            CHECK (deleted_at IS NULL OR published_at IS NULL)
        );
        CREATE INDEX articles_by_author ON articles (author_id, id DESC);

        -- Every slug that an article has, or had while it was published. Nobody else gets it.
        CREATE TABLE slugs (
            slug text PRIMARY KEY,
            article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
            -- When it was last published under this slug; NULL for a slug that the public has never seen.
            published_at timestamptz
        );
        CREATE INDEX slugs_by_article ON slugs (article_id);

        -- What the public reads: a snapshot of the working copy.
        CREATE TABLE published_articles (
            id uuid PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
            author_id uuid NOT NULL REFERENCES authors (id),
            slug text NOT NULL CONSTRAINT published_articles_slug_key UNIQUE,
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
        CREATE INDEX published_articles_newest ON published_articles (published_at DESC, id DESC);
        CREATE INDEX published_articles_by_author ON published_articles (author_id, published_at DESC, id DESC);
        CREATE INDEX published_articles_by_locale ON published_articles (locale, published_at DESC, id DESC);

        -- The tags of the snapshots, so that a page of a tag is a range of an index.
        CREATE TABLE published_tags (
            tag text NOT NULL,
            published_at timestamptz NOT NULL,
            article_id uuid NOT NULL REFERENCES published_articles (id) ON DELETE CASCADE,
            locale text NOT NULL,
            PRIMARY KEY (tag, published_at, article_id)
        );
        CREATE INDEX published_tags_by_locale ON published_tags (tag, locale, published_at, article_id);
        CREATE INDEX published_tags_by_article ON published_tags (article_id);
        """)
}
