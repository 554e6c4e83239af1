package import Contract
package import Postgres

/// What a service does for one keyed endpoint: all of its effect is in the transaction that it is given, which also
/// keeps the answer. Served as `Keyed(handler, ledger)`.
///
/// It may run again with nothing of the first time left, so that it calls no other service; one that has to is a
/// `PreparedHandler`. No statement may fail that is meant to go on: a failed one dooms the transaction.
package protocol KeyedHandler<Operation>: PreparedHandler where Preparation == Void {
    /// Answers one call; throws as `Handler.handle` does, upon which nothing stays.
    func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>, in transaction: Transaction
    ) async throws -> Operation.Output
}

extension KeyedHandler {
    package func prepare(_ input: Operation.Input, _ call: Call<Operation.Caller>) async throws {}

    package func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>, _ preparation: Void, in transaction: Transaction
    ) async throws -> Operation.Output {
        try await handle(input, call, in: transaction)
    }
}

/// A keyed handler that has something to find out before its transaction.
package protocol PreparedHandler<Operation>: Sendable {
    associatedtype Operation: Endpoint
    associatedtype Preparation: Sendable

    /// Comes first, outside of any transaction: what asks another service or takes long, so that no connection and no
    /// lock is held meanwhile. It may come without the effect, and more than once for one effect.
    func prepare(_ input: Operation.Input, _ call: Call<Operation.Caller>) async throws -> Preparation

    /// Has the effect, all of it in `transaction`.
    func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>, _ preparation: Preparation,
        in transaction: Transaction
    ) async throws -> Operation.Output

    /// Has the effect of a call without a key. The default does it in a transaction of its own; one whose effect is a
    /// single statement saves two round trips by running that on `database`.
    func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>, _ preparation: Preparation, on database: Database
    ) async throws -> Operation.Output

    /// Comes after the effect, to hurry what follows from it. It may stay away, where the commit was not heard of.
    func committed() async
}

extension PreparedHandler {
    package func committed() async {}

    package func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>, _ preparation: Preparation, on database: Database
    ) async throws -> Operation.Output {
        try await database.transaction(attemptsMax: Keyed<Self>.attemptsMax) { transaction in
            try await handle(input, call, preparation, in: transaction)
        }
    }
}
