package import Contract
package import Postgres

extension Subscription {
    /// Does what is to be done with `event` in `transaction`, without asking whether it was done before: for tests of
    /// effects, which must bear that.
    package func perform(_ event: Event, in transaction: Transaction) async throws {
        try await prepare(event)(transaction)
    }
}
