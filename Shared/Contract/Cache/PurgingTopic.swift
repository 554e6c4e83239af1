/// A topic whose events make kept answers untrue: the edge follows it and lets go of what its tags name.
///
/// It is appended by the service whose answers it is about, in the transaction that changes them, so that whoever asks
/// after having heard of it gets the new answer.
package protocol PurgingTopic: Topic {
    static func cacheTags(_ payload: Payload) -> [CacheTag]
}

extension TopicDescription {
    /// Reads the tags of an event's payload.
    package typealias Purge = @Sendable ([UInt8]) throws(EventFault) -> [CacheTag]

    static func purge(_ topic: any Topic.Type) -> Purge? {
        (topic as? any PurgingTopic.Type).map { purging($0) }
    }

    private static func purging<T: PurgingTopic>(_ topic: T.Type) -> Purge {
        { (payload) throws(EventFault) in T.cacheTags(try T.decode(payload)) }
    }
}
