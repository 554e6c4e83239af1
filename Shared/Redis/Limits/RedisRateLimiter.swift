package import Primitives
package import RateLimiting

/// The rate limit rule counted in Redis, for all processes together. It throws when Redis is gone; `RateLimiter` is
/// what decides then.
package struct RedisRateLimiter: Sendable {
    private let client: RedisClient
    private let keyPrefix: String

    /// - Parameter keyPrefix: Stands before every key, as `limit:`.
    package init(client: RedisClient, keyPrefix: String) {
        self.client = client
        self.keyPrefix = keyPrefix
    }

    /// Counts one call against all `demands`, or against none of them, atomically.
    ///
    /// - Parameter now: The time to count at; Redis' own clock where nil, which is the rule.
    package func decide(
        _ demands: [RateDemand], now: Timestamp? = nil, timeout: Duration? = nil
    ) async throws(RedisFailure) -> RateDecision {
        guard !demands.isEmpty else { return .unlimited }
        var arguments = [RedisClock.argument(now)]
        for demand in demands {
            arguments.append(String(demand.limit.intervalUs))
            arguments.append(String(demand.limit.burst))
            arguments.append(String(demand.limit.chargedCost(demand.cost)))
        }
        let keys = demands.map { keyPrefix + $0.key.text }
        return try await client.run(Self.decideScript, keys: keys, arguments: arguments, timeout: timeout)
    }

    /// What Redis gives of one bucket to be counted elsewhere.
    struct Grant: Hashable, Sendable {
        /// Tokens taken from the bucket: none where it had fewer than the call needs.
        let tokens: Int64
        /// Tokens left in it.
        let remaining: Int64
        let retryAfterUs: Int64
        let resetAfterUs: Int64
    }

    /// Takes from each bucket as many of `batches` tokens as there are, if there are enough for the demand's cost.
    func lease(
        _ demands: [(demand: RateDemand, batch: Int64)], now: Timestamp? = nil, timeout: Duration
    ) async throws(RedisFailure) -> [Grant] {
        var arguments = [RedisClock.argument(now)]
        for (demand, batch) in demands {
            arguments.append(String(demand.limit.intervalUs))
            arguments.append(String(demand.limit.burst))
            arguments.append(String(demand.limit.chargedCost(demand.cost)))
            arguments.append(String(batch))
        }
        let keys = demands.map { keyPrefix + $0.demand.key.text }
        let grants = try await client.run(Self.leaseScript, keys: keys, arguments: arguments, timeout: timeout)
        guard grants.count == demands.count else { throw .protocolFault("a grant is missing") }
        return grants
    }
}

extension RedisRateLimiter {
    /// `GCRA.decide` and `RateDecision.decide`, statement by statement. Arguments: now, then interval, burst and cost
    /// of each key.
    private static let decideScript = RedisScript<RateDecision>(
        RedisClock.prelude + """
            local allowed, outcomes, tightest = true, {}, 1
            for index, key in ipairs(KEYS) do
                local at = 3 * index - 1
                local interval, burst, cost = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
                local tolerance = interval * burst
                local tat = held(key, tolerance)
                local charged = tat + cost * interval
                local outcome = {retry = 0, charges = cost > 0}
                if charged - now <= tolerance then
                    tat = charged
                else
                    allowed = false
                    outcome.retry = charged - now - tolerance
                end
                local free = tolerance - (tat - now)
                outcome.tat = tat
                outcome.remaining = (free - free % interval) / interval
                outcomes[index] = outcome
                local tight = outcomes[tightest]
                if outcome.retry > tight.retry or
                    (outcome.retry == tight.retry and outcome.retry == 0 and outcome.remaining < tight.remaining)
                then
                    tightest = index
                end
            end
            if allowed then
                for index, key in ipairs(KEYS) do
                    if outcomes[index].charges then store(key, outcomes[index].tat) end
                end
            end
            local tight = outcomes[tightest]
            return {allowed and 1 or 0, tightest - 1, tight.remaining, tight.retry, tight.tat - now}
            """
    ) { reply throws(RedisFailure) in
        let numbers = try reply.integers(5)
        return RateDecision(
            isAllowed: numbers[0] == 1, tightest: Int(numbers[1]), remaining: numbers[2],
            retryAfter: .microseconds(numbers[3]), resetAfter: .microseconds(numbers[4]))
    }

    /// Arguments: now, then interval, burst, cost and batch of each key.
    private static let leaseScript = RedisScript<[Grant]>(
        RedisClock.prelude + """
            local grants = {}
            for index, key in ipairs(KEYS) do
                local at = 4 * index - 2
                local interval, burst = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
                local cost, batch = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
                local tolerance = interval * burst
                local tat = held(key, tolerance)
                local free = tolerance - (tat - now)
                local room = (free - free % interval) / interval
                local granted, retry = 0, 0
                if room < cost then
                    retry = cost * interval - free
                else
                    granted = math.min(room, math.max(batch, cost))
                    tat = tat + granted * interval
                    if granted > 0 then store(key, tat) end
                end
                grants[index] = {granted, room - granted, retry, tat - now}
            end
            return grants
            """
    ) { reply throws(RedisFailure) in
        var grants: [Grant] = []
        for element in try reply.elements() {
            let numbers = try element.integers(4)
            grants.append(
                Grant(
                    tokens: numbers[0], remaining: numbers[1], retryAfterUs: numbers[2], resetAfterUs: numbers[3]))
        }
        return grants
    }
}

extension RedisReply {
    /// Exactly `count` integers, as a script returns them.
    func integers(_ count: Int) throws(RedisFailure) -> [Int64] {
        let elements = try elements()
        guard elements.count == count else { throw unexpected("\(count) integers") }
        var integers: [Int64] = []
        for element in elements { integers.append(try element.integer()) }
        return integers
    }
}
