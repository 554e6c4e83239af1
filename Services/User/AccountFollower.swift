internal import Contract
internal import Postgres
internal import Protocol

/// What becomes of profiles when something happened to their accounts.
///
/// Topics do not wait for each other and an event may be late, so that each effect holds whatever came before it: the
/// standing with the larger epoch, and nothing after an erasure.
struct AccountFollower: Sendable {
    let firstSight: FirstSight
    let store: ProfileStore
    let standings = StandingStore()

    func registered(_ event: AccountRegistered.Payload, in transaction: Transaction) async throws {
        let account = AccountFacts(
            id: event.account, displayName: event.displayName, locale: event.locale, createdAt: event.registeredAt)
        _ = try await firstSight.make(from: account, in: transaction)
    }

    func disabled(_ event: AccountDisabled.Payload, in transaction: Transaction) async throws {
        try await change(event, to: .disabled, in: transaction)
    }

    func enabled(_ event: AccountEnabled.Payload, in transaction: Transaction) async throws {
        try await change(event, to: .active, in: transaction)
    }

    func deleted(_ event: AccountDeleted.Payload, in transaction: Transaction) async throws {
        try await standings.erase(event.account, in: transaction)
        try await store.erase(event.account, in: transaction)
    }

    private func change(
        _ event: AccountStandingChange, to standing: Standing, in transaction: Transaction
    ) async throws {
        let isNews = try await standings.change(
            event.account, to: standing, epoch: event.epoch, in: transaction)
        guard isNews else { return }
        try await store.setHidden(standing == .disabled, of: event.account, in: transaction)
    }
}
