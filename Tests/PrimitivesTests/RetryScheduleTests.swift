import Primitives
import Testing

@Suite struct RetryScheduleTests {
    @Test(arguments: [(1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (1000, 30), (Int.max, 30), (0, 2), (-5, 2)])
    func theCeilingDoublesUpToItsMaximum(attempt: Int, seconds: Int) {
        let schedule = RetrySchedule(delayFirst: .seconds(2), delayMax: .seconds(30))
        #expect(schedule.ceiling(afterAttempt: attempt) == .seconds(seconds))
    }

    @Test func delaysFillTheRangeBelowTheCeiling() {
        let schedule = RetrySchedule(delayFirst: .seconds(1), delayMax: .seconds(64))
        var generator = SeededGenerator(seed: 7)
        let delays = (0..<2000).map { _ in schedule.delay(afterAttempt: 4, using: &generator) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
        #expect(delays.contains { $0 < .milliseconds(400) })
        #expect(delays.contains { $0 > .milliseconds(7600) })
    }

    @Test func aScheduleThatWaitsForNothingIsCorrected() {
        let schedule = RetrySchedule(delayFirst: .zero, delayMax: .zero)
        #expect(schedule.ceiling(afterAttempt: 50) == .milliseconds(1))
    }
}
