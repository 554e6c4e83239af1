package import Contract
package import Redis

/// What a consumer tells whoever logs and counts.
package enum EventObservation: Sendable {
    case done(EventFacts)
    case duplicate(EventFacts)
    case willRetry(EventFacts, attempt: Int, reason: String)
    /// Nil facts: the entry could not be read.
    case dead(topic: String, EventFacts?, reason: String)
    case unavailable(topic: String, reason: String)
    /// Entries were removed from the stream while they were pending; the relay is made to send them again.
    case vanished(topic: String, count: Int)
    case redisFailed(RedisFailure)
}
