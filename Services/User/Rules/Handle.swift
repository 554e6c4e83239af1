internal import Contract
internal import Primitives
internal import Protocol

/// Handles: unique names of profiles, in the form of slugs.
enum Handle {
    static let length = ProfileView.handleLength

    /// What to try in turn for a new profile called `displayName`.
    static func candidates(for displayName: String?, id: AccountID) -> [String] {
        let wanted = displayName.flatMap { Slug.make(from: $0, lengthMax: length.upperBound) } ?? nameless
        return Slug.candidates(for: wanted, seed: id.uuid, lengthMax: length.upperBound).filter { handle in
            length.contains(handle.utf8.count) && !isReserved(handle)
        }
    }

    /// Names that would pass for a part of the site, or for who runs it.
    static func isReserved(_ handle: String) -> Bool {
        reserved.contains(handle)
    }

    /// What a handle starts with where the name has no letters that can be written; reserved by itself, so that a
    /// suffix follows always.
    private static let nameless = "user"

    private static let reserved: Set<String> = [
        "about", "abuse", "account", "accounts", "admin", "administrator", "anonymous", "api", "article", "articles",
        "auth", "billing", "blog", "causeway", "contact", "content", "edit", "editor", "everyone", "feed", "feeds",
        "gateway", "guest", "help", "home", "hostmaster", "info", "login", "logout", "mail", "me", "media", "moderator",
        "new", "news", "nobody", "noreply", "no-reply", "null", "official", "owner", "postmaster", "privacy", "profile",
        "public", "register", "root", "search", "security", "service", "settings", "sign-in", "sign-up", "signin",
        "signup", "staff", "static", "status", "support", "sysadmin", "system", "team", "terms", "test", "undefined",
        "user", "users", "webmaster", "www", "you",
    ]
}
