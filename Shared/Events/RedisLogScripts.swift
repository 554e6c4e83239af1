internal import Contract
internal import Redis

/// What has to be looked at and done in one step. `KEYS`: the stream and its mark.
enum RedisLogScripts {
    /// Appends where the log is as expected. `ARGV`: the expected generation and last entry, empty for none; the mark
    /// of a log that is begun; how many entries may wait; then the texts of each event.
    static let append = RedisScript<EventLogAppend>(
        look + """
            if generation ~= ARGV[1] or (generation ~= '' and last ~= ARGV[2]) then
                return {'differs', generation, last}
            end
            if generation == '' then
                redis.call('SET', KEYS[2], ARGV[3])
                generation = run .. '/' .. ARGV[3]
            elseif length >= tonumber(ARGV[4]) then
                return {'full'}
            end
            local reply = {'appended', generation}
            for first = 5, #ARGV, \(Event.textCount) do
                local entry = {}
                for index = 0, \(Event.textCount - 1) do entry[index + 1] = ARGV[first + index] end
                reply[#reply + 1] = redis.call('XADD', KEYS[1], '*', unpack(entry))
            end
            return reply
            """
    ) { (reply) throws(RedisFailure) in
        let parts = try reply.elements()
        guard let outcome = try parts.first?.text() else { throw RedisFailure(.protocolFault) }
        switch (outcome, parts.count) {
        case ("full", 1): return .full
        case ("differs", 3): return .differs(try state(parts[1], parts[2]))
        case ("appended", 3...):
            var positions: [EventPosition] = []
            for part in parts.dropFirst(2) { positions.append(try position(part)) }
            return .appended(
                positions, EventLogState(generation: try parts[1].text(), last: positions.last ?? .zero))
        default: throw RedisFailure(.protocolFault)
        }
    }

    /// The log, nil where there is none, and its first entry.
    static let describe = RedisScript<(EventLogState?, EventPosition?)>(
        look + "return {generation, last, first}"
    ) { (reply) throws(RedisFailure) in
        let parts = try reply.elements()
        guard parts.count == 3 else { throw RedisFailure(.protocolFault) }
        return (try state(parts[0], parts[1]), try parts[2].text().isEmpty ? nil : try position(parts[2]))
    }

    /// Finds the generation, which is empty where there is no log, its last and first entry and its length.
    private static let look = """
        local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
        local mark = redis.call('GET', KEYS[2])
        local generation, last, first, length = '', '', '', 0
        if mark and redis.call('EXISTS', KEYS[1]) == 1 then
            generation = run .. '/' .. mark
            local facts = redis.call('XINFO', 'STREAM', KEYS[1])
            for index = 1, #facts, 2 do
                local name, value = facts[index], facts[index + 1]
                if name == 'last-generated-id' then last = value end
                if name == 'length' then length = value end
                if name == 'first-entry' and value then first = value[1] end
            end
        end

        """

    private static func state(
        _ generation: RedisReply, _ last: RedisReply
    ) throws(RedisFailure) -> EventLogState? {
        let generation = try generation.text()
        return generation.isEmpty ? nil : EventLogState(generation: generation, last: try position(last))
    }

    private static func position(_ reply: RedisReply) throws(RedisFailure) -> EventPosition {
        guard let id = StreamID(try reply.text()) else {
            throw RedisFailure(.protocolFault, message: "the reply is not a stream identifier")
        }
        return EventPosition(id)
    }
}
