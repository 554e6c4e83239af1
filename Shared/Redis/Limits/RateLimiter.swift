package import Primitives
package import RateLimiting
internal import Synchronization

/// Rate limits that always decide: in Redis while it answers, by a share of the limit in this process while it does
/// not. It never throws, and never waits longer than `Settings.timeout`.
package final class RateLimiter: Sendable {
    /// How a class of calls is counted.
    package enum Counting: Hashable, Sendable {
        /// Redis is asked every time: no call too many over all processes.
        case exact
        /// Tokens are taken from Redis in batches and counted here. A process can hold back about one batch of a key
        /// (`Settings.leaseParts`), and all together can exceed the burst by that much each; the rate is kept.
        case wide
    }

    package struct Settings: Sendable {
        /// How long Redis may take.
        package var timeout: Duration = .milliseconds(50)
        /// Without Redis this process allows one of so many equal parts of each limit: about as many as there are
        /// processes that count the same.
        package var fallbackParts: Int64 = 2
        /// A batch is at most one of so many equal parts of the burst. It starts with what the first call needs and
        /// doubles each time it was used up, so that only busy keys are held back.
        package var leaseParts: Int64 = 10
        /// Keys that are held in memory, for batches and for the share, each.
        package var keysMax = 65_536
        /// After so many failures in a row Redis is left alone for `pause`.
        package var failuresMax = 3
        package var pause: Duration = .seconds(1)
        /// How long a refusal of Redis is repeated here without asking, at most.
        package var refusalMemory: Duration = .milliseconds(500)

        package init() {}
    }

    private let redis: RedisRateLimiter
    private let settings: Settings
    /// For what is counted here; one that goes back would refuse for as long as it went.
    private let clock: Clock
    private let circuit: RedisCircuit
    private let local: LocalRateLimiter
    private let leases: Mutex<LeaseTable>
    private let fallbacks = Atomic<Int>(0)

    package init(
        client: RedisClient, keyPrefix: String, settings: Settings = Settings(), clock: Clock = .monotonic
    ) {
        redis = RedisRateLimiter(client: client, keyPrefix: keyPrefix)
        self.settings = settings
        self.clock = clock
        circuit = RedisCircuit(failuresMax: settings.failuresMax, pause: settings.pause)
        local = LocalRateLimiter(keysMax: settings.keysMax, clock: clock)
        leases = Mutex(
            LeaseTable(
                keysMax: settings.keysMax, parts: settings.leaseParts,
                refusalMemoryUs: settings.refusalMemory.wholeMicroseconds,
                answerUs: settings.timeout.wholeMicroseconds))
    }

    /// How many calls were decided without Redis because it did not answer, since the start.
    package var fallbackCount: Int { fallbacks.load(ordering: .relaxed) }

    /// Keys that were forgotten for others while they counted, since the start: batches and shares each.
    package var forgottenCount: Int { local.forgottenCount + leases.withLock { $0.forgottenCount } }

    /// Whether Redis is being left alone now.
    package var isOnFallback: Bool { circuit.isBroken }

    /// Counts one call against all `demands`, or against none of them.
    package func decide(_ demands: [RateDemand], counting: Counting) async -> RateDecision {
        guard !demands.isEmpty else { return .unlimited }
        switch counting {
        case .exact: return await decideExactly(demands)
        case .wide: return await decideWidely(demands)
        }
    }

    /// Counts one call against one demand where that takes no more than a look at what is held here; nil where Redis
    /// is to be asked, by `decide`.
    ///
    /// - Parameter now: where the limiter's clock was looked at a moment ago.
    package func decideAtOnce(_ demand: RateDemand, counting: Counting, now: Timestamp? = nil) -> RateDecision? {
        guard counting == .wide else { return nil }
        let nowUs = (now ?? clock.now).microseconds
        return leases.withLock { $0.takeHeld(demand, nowUs: nowUs) }
    }

    private func decideExactly(_ demands: [RateDemand]) async -> RateDecision {
        guard mayAsk() else { return decideAlone(demands) }
        do {
            let decision = try await redis.decide(demands, timeout: settings.timeout)
            circuit.succeeded()
            return decision
        } catch {
            return decideAlone(demands, after: error)
        }
    }

    private func decideWidely(_ demands: [RateDemand]) async -> RateDecision {
        let nowUs = clock.now.microseconds
        let wanted: [(demand: RateDemand, batch: Int64)]
        switch leases.withLock({ $0.take(demands, nowUs: nowUs) }) {
        case .decided(let decision): return decision
        case .short(let demands): wanted = demands
        }
        guard mayAsk() else { return decideAlone(demands) }
        do {
            let grants = try await redis.lease(wanted, timeout: settings.timeout)
            circuit.succeeded()
            let nowUs = clock.now.microseconds
            return leases.withLock { leases in
                for (wanted, grant) in zip(wanted, grants) { leases.add(grant, for: wanted, nowUs: nowUs) }
                switch leases.take(demands, nowUs: nowUs) {
                case .decided(let decision): return decision
                case .short: return .refusedForNow
                }
            }
        } catch {
            return decideAlone(demands, after: error)
        }
    }

    private func mayAsk() -> Bool {
        switch circuit.admission() {
        case .ask: return true
        case .leave: return false
        case .leaveAndProbe:
            // At most one each `pause`, and over after `timeout`. It is nobody's call.
            Task { await CallMeter.$current.withValue(nil) { await probe() } }
            return false
        }
    }

    /// Finds out whether Redis can count again: by a write, since one that only reads is of no use.
    private func probe() async {
        let demand = RateDemand(key: "probe", limit: .perMinute(60_000_000))
        do {
            _ = try await redis.decide([demand], timeout: settings.timeout)
            circuit.succeeded()
        } catch {
            circuit.failed()
        }
    }

    private func decideAlone(_ demands: [RateDemand], after failure: RedisFailure? = nil) -> RateDecision {
        // A call that its own caller gave up says nothing about Redis.
        if failure?.kind != .cancelled {
            if failure != nil { circuit.failed() }
            fallbacks.add(1, ordering: .relaxed)
        }
        return local.decide(
            demands.map { demand in
                RateDemand(
                    key: demand.key, limit: demand.limit.share(of: settings.fallbackParts), cost: demand.cost)
            })
    }
}

extension RateDecision {
    /// Others have used up in this very moment what was just granted.
    fileprivate static let refusedForNow = RateDecision(
        isAllowed: false, tightest: 0, remaining: 0, retryAfter: .milliseconds(1), resetAfter: .milliseconds(1))
}
