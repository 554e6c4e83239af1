internal import Contract

/// Create and change own articles.
package enum WriteArticles: Permission {
    package static let name = "articles:write"
}

/// Publish and unpublish own articles.
package enum PublishArticles: Permission {
    package static let name = "articles:publish"
}

/// Do to any article what its author may do.
package enum EditAnyArticle: Permission {
    package static let name = "articles:edit-any"
}

/// See, disable, enable and erase accounts.
package enum AdministerAccounts: Permission {
    package static let name = "accounts:admin"
}
