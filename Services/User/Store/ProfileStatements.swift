internal import Contract
internal import Postgres
internal import Primitives

/// The SQL of profiles.
enum ProfileStatements {
    static let byID = Statement<Profile, AccountID>(
        "user.profile-by-id",
        """
        SELECT id, handle, display_name, bio, avatar_url, locale, time_zone, version, hidden, created_at,
            updated_at
        FROM profiles WHERE id = $1
        """, Profile.init)

    static let byHandle = Statement<Profile, String>(
        "user.profile-by-handle",
        """
        SELECT id, handle, display_name, bio, avatar_url, locale, time_zone, version, hidden, created_at,
            updated_at
        FROM profiles WHERE handle = $1
        """, Profile.init)

    /// At most as many rows as ids.
    static let byIDs = Statement<Profile, [AccountID]>(
        "user.profiles-by-ids",
        """
        SELECT id, handle, display_name, bio, avatar_url, locale, time_zone, version, hidden, created_at,
            updated_at
        FROM profiles WHERE id = ANY ($1)
        """, Profile.init)

    /// Does nothing where the account has a profile or the handle is taken.
    static let insert = Statement<
        Void, AccountID, String, String, String, String?, String, String, Int, Bool, Timestamp, Timestamp
    >(
        "user.insert-profile",
        """
        INSERT INTO profiles
            (id, handle, display_name, bio, avatar_url, locale, time_zone, version, hidden, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT DO NOTHING
        """)

    static let update = Statement<Profile, AccountID, Int, String, String, String, String, String, Timestamp>(
        "user.update-profile",
        """
        UPDATE profiles
        SET handle = $3, display_name = $4, bio = $5, locale = $6, time_zone = $7, version = version + 1,
            updated_at = $8
        WHERE id = $1 AND version = $2
        RETURNING id, handle, display_name, bio, avatar_url, locale, time_zone, version, hidden, created_at,
            updated_at
        """, Profile.init)

    static let hide = Statement<Void, AccountID, Bool>(
        "user.hide-profile", "UPDATE profiles SET hidden = $2 WHERE id = $1 AND hidden <> $2")

    static let erase = Statement<Void, AccountID>("user.erase-profile", "DELETE FROM profiles WHERE id = $1")
}
