internal import Contract
internal import JSON
internal import Markdown
internal import Postgres
internal import Primitives
internal import Protocol

/// What an author writes, checked, with what is derived from it.
struct ArticleText: Sendable, Hashable {
    var slug: String
    var title: String
    var summary: String
    /// Whether the summary is the beginning of the body, and changes with it.
    var summaryIsDerived: Bool
    var body: String
    var bodyHtml: String
    var readingMinutes: Int
    /// A JSON object.
    var data: JSONBytes
    /// Normalised, each once.
    var tags: [String]
    var locale: String

    init(
        slug: String, title: String, summary: String, summaryIsDerived: Bool, body: String, bodyHtml: String,
        readingMinutes: Int, data: JSONBytes, tags: [String], locale: String
    ) {
        self.slug = slug
        self.title = title
        self.summary = summary
        self.summaryIsDerived = summaryIsDerived
        self.body = body
        self.bodyHtml = bodyHtml
        self.readingMinutes = readingMinutes
        self.data = data
        self.tags = tags
        self.locale = locale
    }
}

extension ArticleText {
    static let noData = JSONBytes("{}")
    /// The most bytes of a slug that is made from a title.
    static let madeSlugBytesMax = 80

    /// The text of a new article. Its slug, where none is given, is what the title suggests.
    ///
    /// - Throws: a validation problem with every value that the contract's rules alone cannot refuse.
    init(_ input: CreateArticle.Input, defaultLocale: String) throws(Problem) {
        var faults: [FieldFault] = []
        let title = ArticleRules.title(input.title, &faults)
        let tags = ArticleRules.tags(input.tags ?? [], &faults)
        let data = input.data.flatMap { ArticleRules.data($0, &faults) }
        let rendered = ArticleRules.rendered(input.body, &faults)
        guard let title, let tags, let rendered, faults.isEmpty else { throw Problem(inputFaults: faults) }
        self.init(
            slug: input.slug ?? Slug.make(from: title, lengthMax: Self.madeSlugBytesMax) ?? "article", title: title,
            summary: input.summary ?? rendered.excerpt, summaryIsDerived: input.summary == nil, body: input.body,
            bodyHtml: rendered.html, readingMinutes: rendered.readingMinutes, data: data ?? Self.noData, tags: tags,
            locale: input.locale ?? defaultLocale)
    }

    /// This text after a merge patch.
    ///
    /// - Throws: as `init`.
    func applying(_ input: UpdateArticle.Input) throws(Problem) -> ArticleText {
        var copy = self
        var faults: [FieldFault] = []
        if let title = input.title.value { copy.title = ArticleRules.title(title, &faults) ?? "" }
        if let tags = input.tags.value { copy.tags = ArticleRules.tags(tags, &faults) ?? [] }
        if let data = input.data.value { copy.data = ArticleRules.data(data, &faults) ?? Self.noData }
        if let summary = input.summary.value {
            copy.summaryIsDerived = summary == nil
            copy.summary = summary ?? ""
        }
        let body = input.body.applied(to: self.body)
        let mustDerive = copy.summaryIsDerived && !summaryIsDerived
        if body != self.body || mustDerive, let rendered = ArticleRules.rendered(body, &faults) {
            copy.body = body
            copy.bodyHtml = rendered.html
            copy.readingMinutes = rendered.readingMinutes
            if copy.summaryIsDerived { copy.summary = rendered.excerpt }
        } else if copy.summaryIsDerived {
            copy.summary = summary
        }
        copy.slug = input.slug.applied(to: slug)
        copy.locale = input.locale.applied(to: locale)
        guard faults.isEmpty else { throw Problem(inputFaults: faults) }
        return copy
    }
}
