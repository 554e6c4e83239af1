package import Contract
internal import Primitives

/// What others see of a profile changed.
///
/// `version` is the profile's; an older one never replaces a newer one.
package enum ProfileChanged: Topic {
    package struct Payload: Sendable, Hashable {
        package let account: AccountID
        package let handle: String
        package let displayName: String
        package let version: Int

        package init(account: AccountID, handle: String, displayName: String, version: Int) {
            self.account = account
            self.handle = handle
            self.displayName = displayName
            self.version = version
        }
    }
    package static let producer = ServiceName.user
    package static let consumers: [ServiceName] = [.content]
    package static let payload = Shape(
        Payload.init, .body("account", \.account), .body("handle", \.handle), .body("displayName", \.displayName),
        .body("version", \.version))
    package static let summary = "A profile's handle or name changed."

    package static func key(_ payload: Payload) -> String { payload.account.description }
}
