import HTTP
import Testing

@testable import Transport

/// How slowly answers may be taken.
@Suite struct SendClockTests {
    private static let second: UInt64 = 1_000_000_000

    /// When, in milliseconds from the first look, the clock says that the peer stalls; `sent` tells what had gone by a
    /// time. Nil for not within ten minutes.
    private func stalls(
        _ limits: HTTPLimits = HTTPLimits(), hold: (UInt64) -> SendClock.Hold = { _ in .peer },
        sent: (UInt64) -> UInt64
    ) -> UInt64? {
        var clock = SendClock()
        for milliseconds in stride(from: UInt64(0), through: 600_000, by: 250) {
            let now = 5 * Self.second + milliseconds * 1_000_000
            if clock.isStalled(hold(milliseconds), sentBytes: sent(milliseconds), limits, now: now) {
                return milliseconds
            }
        }
        return nil
    }

    @Test func nothingTaken() {
        #expect(stalls { _ in 100 } == 20_000)
        #expect(stalls(hold: { $0 < 60_000 ? .nothing : .peer }) { _ in 0 } == 79_750)
    }

    @Test("A byte now and then, as by a window that is opened by one, is hardly more than nothing")
    func byteByByte() {
        #expect(stalls { $0 / 19_000 } == 20_250)
        #expect(stalls { $0 / 250 } == 20_250)
    }

    @Test(arguments: [UInt64(250), 1000, 5000, 15_000])
    func theFloorIsEnough(every milliseconds: UInt64) {
        #expect(stalls { $0 / milliseconds * milliseconds * 1024 / 1000 } == nil)
        #expect(stalls { $0 / milliseconds * milliseconds * 900 / 1000 } != nil)
    }

    @Test("Much at once pays for no more than a standstill may last")
    func paidAhead() {
        #expect(stalls { $0 < 10_000 ? 0 : 1 << 40 } == 30_000)
    }

    @Test("What waits for something else costs the peer nothing, and pays for nothing")
    func otherHolds() {
        #expect(stalls(hold: { _ in .other }, sent: { _ in 0 }) == nil)
        #expect(stalls(hold: { $0 % 1000 == 0 ? .other : .peer }, sent: { _ in 0 }) == 26_500)
    }

    @Test("Without a floor any byte renews the patience")
    func noFloor() {
        var limits = HTTPLimits()
        limits.bodyFloorBytesPerSecond = 0
        #expect(stalls(limits) { $0 / 19_000 } == nil)
        #expect(stalls(limits) { $0 < 10_000 ? 0 : 1 } == 30_000)
    }

    @Test("Bytes of a stream are under way until the socket has taken what was written with them")
    func underWay() {
        var clock = SendClock()
        let limits = HTTPLimits()
        var isUnderWay = clock.isUnderWay(sentBytes: 10, written: 500, taken: 100)
        #expect(isUnderWay)
        _ = clock.isStalled(.other, sentBytes: 10, limits, now: 1)
        // Others go on writing: that is not this stream's.
        isUnderWay = clock.isUnderWay(sentBytes: 10, written: 900, taken: 499)
        #expect(isUnderWay)
        isUnderWay = clock.isUnderWay(sentBytes: 10, written: 900, taken: 500)
        #expect(!isUnderWay)
    }
}
