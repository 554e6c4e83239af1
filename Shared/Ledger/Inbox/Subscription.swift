package import Contract
package import Postgres

/// What one service does with the events of one version of a topic.
package struct Subscription: Sendable {
    package let topic: String
    package let version: Int
    /// Decodes an event and gives what is to be done with it in a transaction.
    let prepare: @Sendable (Event) throws(EventFault) -> @Sendable (Transaction) async throws -> Void

    /// - Parameter effect: does all its writing in the transaction, in which the event's inbox row is written too: it
    ///   happens once, however often the event is delivered. It may throw an `EventFailure`; any other error is a
    ///   temporary one.
    package init<T: Topic>(
        _ topic: T.Type, _ effect: @escaping @Sendable (T.Payload, EventFacts, Transaction) async throws -> Void
    ) {
        self.topic = T.name
        version = T.version
        prepare = { (event) throws(EventFault) in
            let payload = try T.decode(event.payload)
            return { transaction in try await effect(payload, event.facts, transaction) }
        }
    }
}

/// How an effect says that it did not happen. The detail is kept in the table for an operator: no secrets.
package enum EventFailure: Error, Sendable, Hashable {
    /// May work later.
    case temporary(String)
    /// Will never work: the event is put aside at once.
    case permanent(String)
}
