internal import Contract
internal import Primitives
internal import Protocol
internal import ServiceKit

struct ListArticlesHandler: Handler {
    typealias Operation = ListArticles
    let store: ArticleStore
    let cursors: CursorSealer

    func handle(_ input: ListArticles.Input, _ call: Call<Anyone>) async throws -> ListArticles.Output {
        var filter = ArticleFilter(tag: nil, author: input.author, locale: input.locale)
        if let text = input.tag {
            guard let tag = Tag.normalised(text) else {
                throw Problem(
                    inputFaults: [FieldFault(.query("tag"), "format", "It must be a word without control characters.")])
            }
            filter.tag = tag
        }
        var position = ListPosition.start
        if let cursor = input.cursor {
            guard let opened = cursors.open(cursor, for: filter.list).flatMap(ListPosition.init(bytes:)) else {
                throw Rejection<Operation.Failure>(.cursorInvalid)
            }
            position = opened
        }
        let (items, hasMore) = try await store.list(filter, after: position, limit: input.limit)
        var next: String?
        if hasMore, let last = items.last {
            next = cursors.seal(ListPosition(publishedAt: last.publishedAt, id: last.id).bytes, for: filter.list)
        }
        return ListArticles.Output(
            listing: Listing(items: items, page: Page(limit: input.limit, next: next)),
            nextLink: next.map { Self.link(filter, limit: input.limit, cursor: $0) })
    }

    private static func link(_ filter: ArticleFilter, limit: Int, cursor: String) -> String {
        let parameters: [(name: String, value: String?)] = [
            ("tag", filter.tag), ("author", filter.author?.description), ("locale", filter.locale),
            ("limit", String(limit)), ("cursor", cursor),
        ]
        let query = QueryParameters.encode(parameters.compactMap { name, value in value.map { (name, $0) } })
        return "\(Operation.path)?\(query)"
    }
}
