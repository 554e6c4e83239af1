package import Primitives

/// Names events' identifiers.
package enum EventSubject {}
package typealias EventID = Identifier<EventSubject>

/// Something that happened, between the transaction that said so and those that it has effects in.
package struct Event: Sendable, Hashable {
    package let facts: EventFacts
    /// A JSON object of the topic's shape.
    package let payload: [UInt8]

    /// Bytes of one payload.
    package static let payloadBytesMax = 64 * 1024

    package init(facts: EventFacts, payload: [UInt8]) {
        self.facts = facts
        self.payload = payload
    }
}

/// What is known of an event beside its payload.
package struct EventFacts: Sendable, Hashable {
    package let id: EventID
    package let topic: String
    package let version: Int
    /// Its place in the producer's outbox: of one key, a later event has a larger one. No clock has a part in it.
    package let sequence: Int
    /// Whose events stay in order.
    package let key: String
    /// The request that it came of.
    package let requestID: String?
    /// When the producer said so, by its clock.
    package let createdAt: Timestamp

    package init(
        id: EventID, topic: String, version: Int, sequence: Int, key: String, requestID: String?, createdAt: Timestamp
    ) {
        self.id = id
        self.topic = topic
        self.version = version
        self.sequence = sequence
        self.key = key
        self.requestID = requestID
        self.createdAt = createdAt
    }
}

/// Why an event cannot be read. It holds no value of the payload.
package struct EventFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
