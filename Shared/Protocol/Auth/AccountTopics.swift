package import Contract
package import Primitives

/// An account is there, and its owner can sign in.
package enum AccountRegistered: Topic {
    package struct Payload: Sendable, Hashable {
        package let account: AccountID
        package let displayName: String?
        package let locale: String?
        package let registeredAt: Timestamp

        package init(account: AccountID, displayName: String?, locale: String?, registeredAt: Timestamp) {
            self.account = account
            self.displayName = displayName
            self.locale = locale
            self.registeredAt = registeredAt
        }
    }
    package static let producer = ServiceName.auth
    package static let consumers: [ServiceName] = [.user]
    package static let payload = Shape(
        Payload.init, .body("account", \.account), .body("displayName", \.displayName), .body("locale", \.locale),
        .body("registeredAt", \.registeredAt))
    package static let summary = "An account can be used for the first time."

    package static func key(_ payload: Payload) -> String { payload.account.description }
}

/// An operator closed an account.
///
/// `epoch` grows with each change of an account's standing. Topics do not wait for each other, so that of two changes
/// the one with the larger epoch holds, whichever is heard last.
package enum AccountDisabled: Topic {
    package typealias Payload = AccountStandingChange
    package static let producer = ServiceName.auth
    package static let consumers: [ServiceName] = [.user, .content]
    package static let payload = AccountStandingChange.shape
    package static let summary = "An account was disabled: what is its own leaves the public."

    package static func key(_ payload: Payload) -> String { payload.account.description }
}

/// An operator opened a disabled account again.
package enum AccountEnabled: Topic {
    package typealias Payload = AccountStandingChange
    package static let producer = ServiceName.auth
    package static let consumers: [ServiceName] = [.user, .content]
    package static let payload = AccountStandingChange.shape
    package static let summary = "A disabled account was enabled: what is its own comes back as it was."

    package static func key(_ payload: Payload) -> String { payload.account.description }
}

/// What is told of an account that was disabled or enabled.
package struct AccountStandingChange: Sendable, Hashable {
    package let account: AccountID
    package let epoch: Int
    package let at: Timestamp

    package init(account: AccountID, epoch: Int, at: Timestamp) {
        self.account = account
        self.epoch = epoch
        self.at = at
    }

    static let shape = Shape(
        AccountStandingChange.init, .body("account", \.account), .body("epoch", \.epoch), .body("at", \.at))
}

/// An account was erased. It never comes back, whatever is heard of it later.
package enum AccountDeleted: Topic {
    package struct Payload: Sendable, Hashable {
        package let account: AccountID
        package let at: Timestamp

        package init(account: AccountID, at: Timestamp) {
            self.account = account
            self.at = at
        }
    }
    package static let producer = ServiceName.auth
    package static let consumers: [ServiceName] = [.user, .content]
    package static let payload = Shape(Payload.init, .body("account", \.account), .body("at", \.at))
    package static let summary = "An account was erased: what is its own goes for good."

    package static func key(_ payload: Payload) -> String { payload.account.description }
}
