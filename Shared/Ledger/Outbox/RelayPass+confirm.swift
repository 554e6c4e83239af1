internal import Contract
internal import Postgres
internal import Primitives

extension RelayPass {
    /// Takes in how the log was found; false where it has lost something, which is unsent now.
    mutating func look(
        _ topic: String, _ found: EventLogState?, oldest: EventPosition? = nil, unconfirmed: EventPosition? = nil
    ) async throws(PostgresFailure) -> Bool {
        var machine = machines?[topic] ?? LogMachine(known: nil)
        let finding = machine.found(found, oldest: oldest, unconfirmed: unconfirmed)
        if case .lost(let loss) = finding {
            let count = try await forget(topic)
            relay.observe(.lost(topic: topic, loss, resent: count))
            recorded[topic] = nil
            hasMore = true
        }
        machines?[topic] = machine
        return finding == .intact
    }

    /// Makes everything unsent that is not confirmed, and gives its number.
    private func forget(_ topic: String) async throws(PostgresFailure) -> Int {
        guard let generation = recorded[topic] else { return 0 }
        var count = 0
        // Most of it in small steps; only the last one takes the log's row.
        while true {
            let step = try await relay.database.execute(OutboxStatements.unsend, topic, generation)
            count += step
            guard step == OutboxStatements.changesMax else { break }
        }
        do {
            return try await relay.database.transaction { transaction in
                guard try await transaction.one(OutboxStatements.lockLog, topic) == generation else { return count }
                count += try await transaction.execute(OutboxStatements.unsend, topic, generation)
                try await transaction.execute(OutboxStatements.forgetLog, topic)
                return count
            }
        } catch {
            throw (error as? PostgresFailure) ?? PostgresFailure(.cancelled)
        }
    }

    /// Compares every log that unconfirmed events are in with what was sent there, and marks what was acknowledged.
    mutating func confirmAll() async throws(PostgresFailure) {
        try await load()
        confirmAt = .after(relay.settings.confirmInterval)
        for topic in recorded.keys.sorted() {
            let oldest = try await relay.database.first(OutboxStatements.oldestUnconfirmed, topic)
            let inspection: EventLogInspection
            do throws(EventLogFailure) {
                inspection = try await relay.log.inspect(topic, consumers: relay.consumers(of: topic))
            } catch {
                fail(topic, error)
                continue
            }
            guard let oldest else {
                // Nothing is left to confirm; a trim that failed may be left to do.
                if let last = machines?[topic]?.known?.last {
                    await trim(topic, before: min(inspection.acknowledged, last))
                }
                continue
            }
            guard try await look(topic, inspection.state, oldest: inspection.oldest, unconfirmed: oldest) else {
                continue
            }
            try await confirm(topic, through: inspection.acknowledged)
        }
    }

    private mutating func confirm(_ topic: String, through acknowledged: EventPosition) async throws(PostgresFailure) {
        guard let known = machines?[topic]?.known else { return }
        let through = min(acknowledged, known.last)
        var count = 0
        while !Task.isCancelled {
            let step = try await relay.database.execute(
                OutboxStatements.confirm, topic, known.generation, through.major, through.minor)
            count += step
            guard step == OutboxStatements.changesMax else { break }
        }
        guard count > 0 else { return }
        relay.observe(.confirmed(topic: topic, count: count))
        await trim(topic, before: through)
    }

    private mutating func trim(_ topic: String, before position: EventPosition) async {
        do throws(EventLogFailure) {
            try await relay.log.trim(topic, before: position)
        } catch {
            fail(topic, error)
        }
    }

    mutating func prune() async throws(PostgresFailure) {
        pruneAt = .after(relay.settings.pruneInterval)
        var count = 0
        while !Task.isCancelled {
            let step = try await relay.database.execute(OutboxStatements.prune, relay.settings.retention.inSeconds)
            count += step
            guard step == OutboxStatements.changesMax else { break }
        }
        if count > 0 { relay.observe(.pruned(count: count)) }
    }
}
