import Primitives
import Testing

@Suite struct DeadlineTests {
    @Test func advancesByMilliseconds() {
        let start = Deadline(nanoseconds: 5)
        #expect(start.advanced(byMilliseconds: 0) == start)
        #expect(start.advanced(byMilliseconds: 60_000) == start.advanced(by: .seconds(60)))
    }

    private static let end = UInt64.max
    private static let beyond: [(UInt64, UInt64)] = [
        (5, end), (end, 1), (end - 999_999, 1), (600_000, end / 1_000_000),
    ]

    @Test(arguments: beyond) func endsWithTheClock(start: UInt64, milliseconds: UInt64) {
        #expect(Deadline(nanoseconds: start).advanced(byMilliseconds: milliseconds).nanoseconds == .max)
    }
}
