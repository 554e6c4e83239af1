package import Primitives

/// The identifier of one request: made at the edge, echoed to the client, in every log line and problem of the request.
package struct RequestID: Hashable, Sendable, LosslessStringConvertible {
    package let uuid: UUIDv7

    package init(_ uuid: UUIDv7) {
        self.uuid = uuid
    }

    package static func make() -> RequestID {
        RequestID(UUIDv7())
    }

    /// Parses the canonical form, as an inner hop sends it; anything else, as a stranger may send it, is nil.
    package init?(_ text: String) {
        guard let uuid = UUIDv7(text) else { return nil }
        self.uuid = uuid
    }

    package var description: String { uuid.description }
}
