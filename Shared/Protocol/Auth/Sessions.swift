package import Contract
package import Primitives

/// One signed-in device.
package struct SessionView: Shaped {
    package let id: SessionID
    /// Whether it is the one that asks.
    package let current: Bool
    package let deviceLabel: String?
    package let ip: String?
    package let userAgent: String?
    package let createdAt: Timestamp
    package let lastSeenAt: Timestamp

    package init(
        id: SessionID, current: Bool, deviceLabel: String?, ip: String?, userAgent: String?, createdAt: Timestamp,
        lastSeenAt: Timestamp
    ) {
        self.id = id
        self.current = current
        self.deviceLabel = deviceLabel
        self.ip = ip
        self.userAgent = userAgent
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
    }

    package static let shape = Shape(
        SessionView.init, named: "Session", .body("id", \.id), .body("current", \.current),
        .body("deviceLabel", \.deviceLabel), .body("ip", \.ip), .body("userAgent", \.userAgent),
        .body("createdAt", \.createdAt), .body("lastSeenAt", \.lastSeenAt))
}

package enum ListSessions: Endpoint {
    package typealias Caller = SignedIn
    package typealias Input = Nothing
    package typealias Output = Items<SessionView>
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/auth/sessions"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe, criticality: .sheddable)
    package static let input = Nothing.shape
    package static let output = Answer.ok(Items<SessionView>.shape)
    package static let summary = "The caller's sessions."
}

package enum RevokeSession: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: Sendable {
        package let session: SessionID
    }
    package typealias Output = Nothing
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.delete
    package static let path: StaticString = "/v1/auth/sessions/{session}"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .safe, criticality: .critical)
    package static let input = Shape(Input.init, .path("session", \.session))
    package static let output = Answer<Nothing>.noContent
    package static let summary = "End one of the caller's sessions."
}
