/// An identifier of one kind of thing: an article's cannot be passed for an account's.
///
/// `Subject` is only a name; declare `typealias ArticleID = Identifier<ArticleSubject>` beside the thing.
@usableFromInline package struct Identifier<Subject>: Hashable, Sendable, Comparable, LosslessStringConvertible {
    @usableFromInline package let uuid: UUIDv7

    @inlinable package init(_ uuid: UUIDv7) {
        self.uuid = uuid
    }

    /// A new identifier for now.
    package static func make() -> Self {
        Self(UUIDv7())
    }

    /// Parses the canonical lower-case form.
    @inlinable package init?(_ text: String) {
        guard let uuid = UUIDv7(text) else { return nil }
        self.uuid = uuid
    }

    @inlinable package var description: String { uuid.description }

    @inlinable package static func < (left: Self, right: Self) -> Bool { left.uuid < right.uuid }
}
