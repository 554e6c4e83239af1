/// What an account may do, as a named set of permissions.
package enum Role: String, Sendable, CaseIterable {
    case reader
    case author
    case editor
    case admin

    /// The permissions of the role, sorted.
    package var permissions: [String] {
        let reader = ["comments:write"]
        let author = reader + [WriteArticles.name, PublishArticles.name]
        let editor = author + [EditAnyArticle.name]
        let admin = editor + [AdministerAccounts.name, "content:admin", "users:admin"]
        return switch self {
        case .reader: reader
        case .author: author.sorted()
        case .editor: editor.sorted()
        case .admin: admin.sorted()
        }
    }

    /// The permissions of all `roles` together, sorted; names that are no role give none.
    package static func permissions(of roles: [String]) -> [String] {
        Set(roles.compactMap(Role.init(rawValue:)).flatMap(\.permissions)).sorted()
    }
}
