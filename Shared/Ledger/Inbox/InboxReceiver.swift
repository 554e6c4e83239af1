package import Contract
package import Postgres
internal import Primitives

/// Gives the events that a service is delivered their effect, each once, and puts aside what can have none.
package struct InboxReceiver: Sendable {
    /// Characters of a reason that the table keeps.
    private static let reasonLengthMax = 500

    private let database: Database
    private let subscriptions: [TopicVersion: Subscription]
    /// How often an event may fail before it is put aside.
    private let attemptsMax: Int

    private struct TopicVersion: Hashable {
        let topic: String
        let version: Int
    }

    /// - Parameter subscriptions: one for each version of a topic.
    package init(_ database: Database, _ subscriptions: [Subscription], attemptsMax: Int = 12) {
        self.database = database
        self.attemptsMax = attemptsMax
        self.subscriptions = Dictionary(
            subscriptions.map { (TopicVersion(topic: $0.topic, version: $0.version), $0) }
        ) { _, _ in preconditionFailure("a version of a topic has two subscriptions") }
    }

    /// Does the effect and writes the event's row in one transaction; nothing where the row is there.
    package func receive(_ event: Event, attempt: Int) async -> EventOutcome {
        let facts = event.facts
        guard let subscription = subscriptions[TopicVersion(topic: facts.topic, version: facts.version)] else {
            return await setAside(facts, "the version \(facts.version) is not known")
        }
        let effect: @Sendable (Transaction) async throws -> Void
        do throws(EventFault) {
            effect = try subscription.prepare(event)
        } catch {
            return await setAside(facts, error.description)
        }
        // Whoever delivers it has counted runs that took their process down and told nothing.
        guard attempt <= attemptsMax else {
            return await setAside(facts, "it was delivered \(attempt) times and never settled")
        }
        do {
            return try await database.transaction { transaction in
                let isNew = try await transaction.execute(
                    InboxStatements.insertDone, facts.id, facts.topic, facts.version, facts.key)
                guard isNew == 1 else { return .duplicate }
                try await effect(transaction)
                return .done
            }
        } catch {
            return await outcome(of: error, facts, attempt)
        }
    }

    /// Puts aside what was found in a topic's log and is no event.
    package func setAside(topic: String, _ fault: EventFault) async -> EventOutcome {
        let facts = EventFacts(
            id: .make(), topic: topic, version: 0, sequence: 0, key: "", requestID: nil, createdAt: .now)
        return await setAside(facts, fault.description)
    }

    private func outcome(of error: any Error, _ facts: EventFacts, _ attempt: Int) async -> EventOutcome {
        if Task.isCancelled { return .unavailable("it was stopped") }
        let reason: String
        switch error {
        case EventFailure.permanent(let detail): return await setAside(facts, detail)
        case EventFailure.temporary(let detail): reason = detail
        case let failure as PostgresFailure where failure.isOutage: return .unavailable(failure.description)
        case let failure as PostgresFailure: reason = failure.description
        // Its words may hold values.
        default: reason = "it failed with \(type(of: error))"
        }
        guard attempt >= attemptsMax else { return .retry(reason) }
        return await setAside(facts, "after \(attempt) attempts: \(reason)")
    }

    private func setAside(_ facts: EventFacts, _ reason: String) async -> EventOutcome {
        do {
            let kept = String(reason.prefix(Self.reasonLengthMax))
            let isNew = try await database.execute(
                InboxStatements.insertDead, facts.id, facts.topic, facts.version, facts.key, kept)
            return isNew == 1 ? .dead(kept) : .duplicate
        } catch {
            return .unavailable("\(error)")
        }
    }
}

extension PostgresFailure {
    /// Whether it says nothing about the statement: the server is away, stops, has no room, or is a replica.
    fileprivate var isOutage: Bool {
        switch kind {
        case .connectionLost, .unavailable, .tooManyWaiters, .cancelled, .closed: true
        // Of a wait for a connection; a statement that takes too long is a failure of its own.
        case .timeout: isSafeToRetry
        case .server(let error): error.sqlState.isOutage
        case .transactionAborted, .transactionEnded, .parametersTooLarge, .shape: false
        }
    }
}

extension SQLState {
    /// Classes 08 (connection), 40 (other transactions), 53 (no room, as on a full disk), 58 (the system), 57P (the
    /// operator), a lock that was not to be had, and a server that takes no writes.
    fileprivate var isOutage: Bool {
        ["08", "40", "53", "58", "57P"].contains { code.hasPrefix($0) } || code == "25006" || code == "55P03"
    }
}
