package import Primitives

/// What an operator can set of the content service.
package struct ContentConfiguration: Sendable {
    /// Authenticate the cursors of lists; the same in every process of the service, at least 32 bytes each. The first
    /// makes new cursors, the others still verify what they made before a rotation.
    package let cursorKeys: [Secret<[UInt8]>]
    /// The language tag of an article that names none.
    package var defaultLocale = "en"
    /// How old what is known of an author may be before a write asks again.
    package var authorRefreshAfter = Duration.seconds(600)

    /// - Precondition: there is a key.
    package init(cursorKeys: [Secret<[UInt8]>]) {
        precondition(!cursorKeys.isEmpty, "cursors need a key")
        self.cursorKeys = cursorKeys
    }
}
