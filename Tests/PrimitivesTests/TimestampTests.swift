import Primitives
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2000-02-29T23:59:59.999Z", 951_868_799_999_000),
        ("2026-11-21T02:35:00.120Z", 1_795_228_500_120_000), ("1969-12-31T23:59:59.999Z", -1000),
    ])
    func printsAndParses(text: String, microseconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        ("1994-11-06T08:49:37.999Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
        ("2028-02-29T12:00:00Z", "Tue, 29 Feb 2028 12:00:00 GMT"),
    ])
    func printsTheDateOfAnAnswer(text: String, date: String) {
        #expect(Timestamp(text)?.httpDate == date)
    }

    @Test(arguments: [
        (Duration.zero, Int64(0)), (.nanoseconds(1_999), 1), (.nanoseconds(-1_999), -1), (.seconds(9), 9_000_000),
        (.seconds(10) + .nanoseconds(999), 10_000_000), (.seconds(-10) - .nanoseconds(999), -10_000_000),
        (.seconds(86_400 * 365), 31_536_000_000_000), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    ])
    func wholeMicrosecondsAreRoundedTowardsZero(duration: Duration, microseconds: Int64) {
        #expect(duration.wholeMicroseconds == microseconds)
        #expect(duration.wholeMilliseconds == microseconds / 1000)
    }

    @Test func wholeNanosecondsAreRoundedTowardsZero() {
        #expect((Duration.zero - .seconds(3)).wholeNanoseconds == -3_000_000_000)
        #expect(Duration(secondsComponent: 20, attosecondsComponent: 1_999_999_999).wholeNanoseconds == 20_000_000_001)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    }

    @Test func takesOffsetsAndFractions() {
        #expect(Timestamp("2026-01-01T01:30:00+01:30") == Timestamp("2026-01-01T00:00:00Z"))
        #expect(Timestamp("2026-01-01T00:00:00.1234567Z")?.microseconds == 1_767_225_600_123_456)
    }

    @Test(arguments: [
        "", "2026-01-01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.0000000001Z", "２026-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
    ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: Int64(-146_097), to: 146_097, by: 7) {
            let timestamp = Timestamp(seconds: day * 86_400)
            #expect(Timestamp(timestamp.description) == timestamp)
        }
    }
}
