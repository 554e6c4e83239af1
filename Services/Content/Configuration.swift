package import Primitives

extension ContentService {
    /// What an operator can set.
    package struct Configuration: Sendable {
        /// Signs the cursors of lists; the same in every process of the service. At least 32 bytes.
        package var cursorKey: Secret<[UInt8]>
        /// The language tag of an article that names none.
        package var defaultLocale: String
        /// How old what is known of an author may be before a write asks again.
        package var authorRefreshAfter: Duration

        package init(
            cursorKey: Secret<[UInt8]>, defaultLocale: String = "en", authorRefreshAfter: Duration = .seconds(600)
        ) {
            self.cursorKey = cursorKey
            self.defaultLocale = defaultLocale
            self.authorRefreshAfter = authorRefreshAfter
        }
    }
}
