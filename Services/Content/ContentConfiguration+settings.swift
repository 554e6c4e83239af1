internal import Primitives
package import ServiceKit

extension ContentConfiguration {
    private static let localeSetting = Setting(
        "content.default-locale", default: "en", "The language tag of articles that name none.")
    private static let refreshSetting = Setting(
        "content.author-refresh-seconds", default: 600, in: 0...86_400,
        "How old what is known of an author may be before a write asks the user service again, in seconds.")

    package init(_ settings: Settings, keys: KeysDirectory) throws(KeysFault) {
        // Settings go first, so that a missing key does not hide what is wrong with them.
        let defaultLocale = settings(Self.localeSetting)
        let authorRefreshAfter = Duration.seconds(settings(Self.refreshSetting))
        self.init(cursorKeys: try keys.keys(.cursor).map(\.bytes))
        self.defaultLocale = defaultLocale
        self.authorRefreshAfter = authorRefreshAfter
    }
}
