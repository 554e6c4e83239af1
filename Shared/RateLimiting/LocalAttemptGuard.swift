package import Primitives
internal import Synchronization

/// The limits of attempts counted in this process only: what is left when the shared count is out of reach.
///
/// Memory is bounded; the records that would be forgotten soonest make room.
package final class LocalAttemptGuard: Sendable {
    private struct State {
        var records: ExpiringTable<String, AttemptRecord>
        var tats: ExpiringTable<RateKey, Int64>
    }

    private let policy: AttemptPolicy
    private let clock: Clock
    private let state: Mutex<State>

    package init(policy: AttemptPolicy, recordsMax: Int = 65_536, clock: Clock = .monotonic) {
        self.policy = policy
        self.clock = clock
        state = Mutex(
            State(records: ExpiringTable(entriesMax: recordsMax), tats: ExpiringTable(entriesMax: recordsMax)))
    }

    /// Counts an attempt as failed before it is made, or refuses it.
    package func reserve(account: String, address: String) -> AttemptVerdict {
        let nowUs = clock.now.microseconds
        return state.withLock { state in
            var record = state.records.value(for: account, nowUs: nowUs) ?? AttemptRecord()
            let demands = addressDemands(address)
            let (decision, tatsUs) = RateDecision.decide(
                demands, nowUs: nowUs, tatsUs: demands.map { state.tats.arrivalUs(of: $0, nowUs: nowUs) })
            let wait = max(.microseconds(record.waitUs(nowUs: nowUs, policy)), decision.retryAfter)
            guard wait == .zero else { return .refused(retryAfter: wait) }
            for (demand, tatUs) in zip(demands, tatsUs) {
                state.tats.store(tatUs, for: demand.key, expiresUs: tatUs, nowUs: nowUs)
            }
            guard !record.isDisabled(policy) else { return .disabled }
            record.count(nowUs: nowUs, policy)
            store(record, of: account, in: &state, nowUs: nowUs)
            return .allowed(
                AttemptReservation(
                    account: account, address: address, consecutiveFailures: record.run, epoch: record.epoch,
                    isLocal: true))
        }
    }

    /// The attempt succeeded: the account starts anew, and the address has failed once less.
    package func succeeded(_ reservation: AttemptReservation) {
        settle(reservation, refund: addressDemands(reservation.address).suffix(1)) { record, _ in record.succeed() }
    }

    /// The attempt failed. Gives the account's failures in a row.
    package func failed(_ reservation: AttemptReservation) -> Int64 {
        settle(reservation, refund: []) { record, nowUs in
            record.fail(epoch: reservation.epoch, nowUs: nowUs, self.policy)
        }
    }

    /// The attempt was not made: all that it was charged is given back.
    package func released(_ reservation: AttemptReservation) {
        settle(reservation, refund: addressDemands(reservation.address)[...]) { record, _ in
            record.release(epoch: reservation.epoch, self.policy)
        }
    }

    /// The account's secret was replaced: it starts anew.
    package func reset(account: String) {
        state.withLock { $0.records.remove(account) }
    }

    @discardableResult
    private func settle(
        _ reservation: AttemptReservation, refund: ArraySlice<RateDemand>,
        _ change: (inout AttemptRecord, Int64) -> Void
    ) -> Int64 {
        let nowUs = clock.now.microseconds
        return state.withLock { state in
            var record = state.records.value(for: reservation.account, nowUs: nowUs) ?? AttemptRecord()
            change(&record, nowUs)
            store(record, of: reservation.account, in: &state, nowUs: nowUs)
            for demand in refund {
                guard let tatUs = state.tats.value(for: demand.key, nowUs: nowUs) else { continue }
                let refundedUs = tatUs - demand.limit.intervalUs
                state.tats.store(refundedUs, for: demand.key, expiresUs: refundedUs, nowUs: nowUs)
            }
            return record.run
        }
    }

    private func store(_ record: AttemptRecord, of account: String, in state: inout State, nowUs: Int64) {
        let expiresUs = nowUs + policy.memory.wholeMicroseconds
        state.records.store(record, for: account, expiresUs: expiresUs, nowUs: nowUs)
    }

    private func addressDemands(_ address: String) -> [RateDemand] {
        [
            RateDemand(key: "attempts:\(address)", limit: policy.attemptsPerAddress),
            RateDemand(key: "failures:\(address)", limit: policy.failuresPerAddress),
        ]
    }
}
