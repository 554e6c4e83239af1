internal import RateLimiting

/// `AttemptRecord` and `LocalAttemptGuard` as Lua, statement by statement. A test holds the two together.
///
/// Keys: the account's hash, the address' attempts, the address' failures. The arguments end with the policy's six
/// numbers.
enum AttemptScripts {
    enum Outcome: String {
        case success, failure, release
    }

    /// The account's record in locals, how to count a failure, and how to store it.
    private static let record = """
        local free, window = tonumber(ARGV[#ARGV - 5]), tonumber(ARGV[#ARGV - 4])
        local delay_first, delay_max = tonumber(ARGV[#ARGV - 3]), tonumber(ARGV[#ARGV - 2])
        local run_max, memory = tonumber(ARGV[#ARGV - 1]), ARGV[#ARGV]
        local fields = redis.call('HMGET', KEYS[1], 'recent', 'run', 'blocked', 'until', 'epoch')
        for index = 1, 5 do fields[index] = tonumber(fields[index] or 0) end
        local recent, run, blocked, recent_until, epoch = unpack(fields)
        local function count()
            if now >= recent_until then recent = 0 end
            recent = recent + 1
            run = run + 1
            blocked = 0
            if recent >= free then
                blocked = now + math.min(delay_first * 2 ^ math.min(recent - free, 30), delay_max)
            end
            recent_until = math.max(now, blocked) + window
        end
        local function store_record()
            redis.call('HSET', KEYS[1], 'recent', whole(recent), 'run', whole(run), 'blocked', whole(blocked),
                'until', whole(recent_until), 'epoch', whole(epoch))
            redis.call('PEXPIRE', KEYS[1], memory)
        end

        """

    /// Further arguments: now, then interval and burst of the attempts and of the failures of an address.
    /// Gives verdict (0 refused, 1 allowed, 2 disabled), wait in microseconds, failures in a row, epoch.
    static let reserve = RedisScript<[Int64]>(
        RedisClock.prelude + record + """
            local wait = math.min(math.max(blocked - now, 0), delay_max)
            local tats = {}
            for index = 1, 2 do
                local interval, burst = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
                local tolerance = interval * burst
                tats[index] = held(KEYS[index + 1], tolerance) + interval
                wait = math.max(wait, tats[index] - now - tolerance)
            end
            if wait > 0 then return {0, wait, run, epoch} end
            for index = 1, 2 do store(KEYS[index + 1], tats[index]) end
            if run >= run_max then return {2, 0, run, epoch} end
            count()
            store_record()
            return {1, 0, run, epoch}
            """
    ) { reply throws(RedisFailure) in try reply.integers(4) }

    /// Further arguments: now, outcome, the reservation's epoch, the intervals of attempts and failures of an address.
    /// Gives the failures in a row.
    static let settle = RedisScript<Int64>(
        RedisClock.prelude + record + """
            local outcome, reserved_in = ARGV[2], tonumber(ARGV[3])
            local function refund(key, interval)
                local tat = redis.call('GET', key)
                if tat then store(key, tonumber(tat) - tonumber(interval)) end
            end
            if outcome == 'success' then
                recent, run, blocked, recent_until, epoch = 0, 0, 0, 0, epoch + 1
                refund(KEYS[3], ARGV[5])
            elseif outcome == 'failure' then
                if reserved_in ~= epoch then count() end
            else
                if reserved_in == epoch then
                    recent, run = math.max(recent - 1, 0), math.max(run - 1, 0)
                    if recent < free then blocked = 0 end
                end
                refund(KEYS[2], ARGV[4])
                refund(KEYS[3], ARGV[5])
            end
            store_record()
            return run
            """
    ) { reply throws(RedisFailure) in try reply.integer() }
}
