package import Contract
internal import Postgres

/// Serves a keyed endpoint: a call that comes again with its `Idempotency-Key` gets the answer of the first time, and
/// has no second effect.
///
/// With a key: a look for a kept answer; the handler's preparation; then one transaction that takes the scope's lock,
/// has the effect and keeps the answer. Whatever goes wrong there, the answer may have been kept meanwhile, by another
/// call, or by this one whose commit was not heard of: so a second look comes before any failure. Without a key none of
/// that happens.
package struct Keyed<Wrapped: PreparedHandler>: Handler {
    package typealias Operation = Wrapped.Operation
    package static var honoursKeys: Bool { true }

    /// How often an effect may be tried that Postgres rolled back because of other transactions.
    static var attemptsMax: Int { 3 }

    private let handler: Wrapped
    private let ledger: IdempotencyLedger

    package init(_ handler: Wrapped, _ ledger: IdempotencyLedger) {
        self.handler = handler
        self.ledger = ledger
    }

    package func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>
    ) async throws -> Operation.Output {
        let preparation = try await handler.prepare(input, call)
        let output = try await handler.handle(input, call, preparation, on: ledger.database)
        await handler.committed()
        return output
    }

    package func answer(
        _ input: RawInput<Operation>, _ call: Call<Operation.Caller>
    ) async throws -> EncodedAnswer {
        let input = try input.decoded()
        guard let claim = call.facts.idempotency else {
            return Operation.output.encode(try await handle(input, call))
        }
        if let kept = try await ledger.answer(to: claim) { return try kept.replayed(to: claim) }
        do {
            return try await answerOnce(claim, input, call)
        } catch {
            // Nobody waits for the answer of a cancelled call, and it could not look.
            guard !Task.isCancelled, let kept = try await ledger.answer(to: claim) else { throw error }
            return try kept.replayed(to: claim)
        }
    }

    private func answerOnce(
        _ claim: IdempotencyClaim, _ input: Operation.Input, _ call: Call<Operation.Caller>
    ) async throws -> EncodedAnswer {
        let preparation = try await handler.prepare(input, call)
        let answer = try await ledger.database.transaction(attemptsMax: Self.attemptsMax) { transaction in
            try await ledger.begin(claim, in: transaction)
            let answer = Operation.output.encode(try await handler.handle(input, call, preparation, in: transaction))
            try await ledger.keep(answer, for: claim, in: transaction)
            return answer
        }
        await handler.committed()
        return answer
    }
}
