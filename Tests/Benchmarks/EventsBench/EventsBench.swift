import Primitives
import Transport

/// What events cost: writes with an outbox row beside plain ones, and how fast and how late effects come.
///
///     EventsBench <rounds>      on the servers that the environment names, as their superuser
@main
struct EventsBench {
    private static let writers = 16
    private static let roundTime: Duration = .seconds(2)
    private static let backlog = 20_000
    private static let pacedEvents = 2_000
    private static let pace: Duration = .milliseconds(4)

    static func main() async throws {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
        let loops = EventLoops(threads: 1)
        let ground = try await BenchGround.prepare(loops.eventLoopGroup)
        try await measureWrites(ground, rounds: rounds)
        try await measureEffects(ground, rounds: rounds)
        try await ground.tearDown()
        await loops.shutdown()
    }

    // MARK: Writes

    private static func measureWrites(_ ground: BenchGround, rounds: Int) async throws {
        var plain: [Double] = []
        var withEvent: [Double] = []
        for _ in 0..<rounds {
            plain.append(try await writesPerSecond { try await ground.write(event: false) })
            withEvent.append(try await writesPerSecond { try await ground.write(event: true) })
        }
        print("\nWrites/s, \(writers) at a time, one transaction each: median of \(rounds) interleaved rounds\n")
        print("| insert alone | insert and outbox row | ratio |\n|---|---|---|")
        print(
            "| \(whole(median(plain))) | \(whole(median(withEvent))) | \(tenths(median(withEvent) / median(plain))) |")
        try await ground.emptyOutbox()
    }

    private static func writesPerSecond(_ write: @escaping @Sendable () async throws -> Void) async throws -> Double {
        let end = Deadline.after(roundTime)
        let start = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<writers {
                group.addTask {
                    var count = 0
                    while !end.hasPassed {
                        try await write()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
    }

    // MARK: Effects

    private static func measureEffects(_ ground: BenchGround, rounds: Int) async throws {
        var rates: [Double] = []
        var halves: [Double] = []
        var late: [Double] = []
        for _ in 0..<rounds {
            rates.append(try await eventsPerSecond(ground))
            let lags = try await pacedLags(ground)
            halves.append(lags[lags.count / 2])
            late.append(lags[lags.count * 99 / 100])
        }
        print("\nEvents from commit to effect, one relay and one consumer: median of \(rounds) rounds\n")
        print("| events/s of a backlog of \(backlog) | p50 lag, ms, at 250/s | p99 lag, ms |\n|---|---|---|")
        print("| \(whole(median(rates))) | \(tenths(median(halves))) | \(tenths(median(late))) |")
    }

    private static func eventsPerSecond(_ ground: BenchGround) async throws -> Double {
        try await ground.appendBacklog(backlog)
        let start = ContinuousClock.now
        _ = try await ground.lags(of: backlog) {}
        return Double(backlog) / ((ContinuousClock.now - start) / .seconds(1))
    }

    /// Milliseconds, sorted.
    private static func pacedLags(_ ground: BenchGround) async throws -> [Double] {
        let lags = try await ground.lags(of: pacedEvents) {
            // The lead is taken before the first event comes.
            try await Task.sleep(for: .seconds(2))
            var next = ContinuousClock.now
            for _ in 0..<pacedEvents {
                try await ground.write(event: true)
                next += pace
                try await Task.sleep(until: next)
            }
        }
        return lags.map { $0 / .milliseconds(1) }.sorted()
    }

    // MARK: Figures

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func whole(_ value: Double) -> String { String(Int(value.rounded())) }
    private static func tenths(_ value: Double) -> String { String((value * 100).rounded() / 100) }
}
