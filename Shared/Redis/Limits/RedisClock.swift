internal import Primitives

/// What every script of the limits begins with: `now` in microseconds, from its first argument, or Redis' own clock
/// where that is 0. One clock for all processes is the rule; tests pass a time.
///
/// Numbers in Lua are doubles: exact for whole numbers below 2^53, which microseconds since 1970 stay under until the
/// year 2255. They are written with `%.0f`, since Lua's own way keeps 14 digits only.
enum RedisClock {
    static let prelude = """
        local now = tonumber(ARGV[1])
        if now == 0 then
            local time = redis.call('TIME')
            now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        end
        local function whole(number) return string.format('%.0f', number) end
        local function store(key, tat)
            if tat > now then
                redis.call('SET', key, whole(tat), 'PX', whole(math.ceil((tat - now) / 1000) + 1000))
            else
                redis.call('DEL', key)
            end
        end
        -- What a clock set back or a limit lowered left too far ahead is cut for good: else it would stay an empty
        -- bucket for as long as it lies ahead.
        local function held(key, tolerance)
            local tat = tonumber(redis.call('GET', key) or now)
            if tat - now > tolerance then
                tat = now + tolerance
                store(key, tat)
            end
            return math.max(tat, now)
        end

        """

    static func argument(_ now: Timestamp?) -> String {
        now.map { String($0.microseconds) } ?? "0"
    }
}
