import Testing

@testable import HTTP

@Suite struct FrameBudgetMachineTests {
    typealias Event = FrameBudgetMachine.Event
    typealias Reason = FrameBudgetMachine.Reason

    /// How many of `event`, `spacing` nanoseconds apart, pass before the machine objects, and with which reason.
    private func flood(
        _ event: Event, spacing: UInt64 = 0, upTo max: Int = 100_000, limits: FrameBudgetLimits = FrameBudgetLimits(),
        before: [Event] = []
    ) -> (passed: Int, reason: Reason?) {
        var machine = FrameBudgetMachine(limits)
        for event in before { _ = machine.note(event, now: 0) }
        for count in 0..<max {
            if let reason = machine.note(event, now: UInt64(count) * spacing) { return (count, reason) }
        }
        return (max, nil)
    }

    @Test(arguments: [
        (Event.resetReceived, 99, Reason.resets),
        (.resetProvoked, 99, .resets),
        (.ping, 10, .pings),
        (.settings, 5, .settings),
        (.priority, 100, .priority),
        (.windowUpdate, 1000, .windowUpdates),
        (.dataReceived(bytes: 0, endsStream: false), 100, .emptyData),
        (.dataReceived(bytes: 1, endsStream: false), 257, .tinyData),
        (.skipped(bytes: 1024), 128, .skippedFrames),
    ])
    func floodsEnd(event: Event, passed: Int, reason: Reason) {
        let result = flood(event)
        #expect(result.passed == passed)
        #expect(result.reason == reason)
    }

    @Test(arguments: [
        (Event.streamOpened, UInt64(0)),
        (.streamUseful, 0),
        (.dataReceived(bytes: 16_384, endsStream: false), 0),
        (.dataReceived(bytes: 256, endsStream: false), 0),
        (.dataReceived(bytes: 0, endsStream: true), 0),
        (.ping, 100_000_001),
        (.settings, 200_000_001),
    ])
    func honestTrafficPasses(event: Event, spacing: UInt64) {
        #expect(flood(event, spacing: spacing, upTo: 10_000).reason == nil)
    }

    @Test func usefulStreamsPayForResets() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        // One reset for each useful stream, slowly: the budget holds for ever.
        for round in 0..<10_000 {
            let now = UInt64(round) * 1_000_000_000
            #expect(machine.note(.streamUseful, now: now) == nil)
            #expect(machine.note(.resetReceived, now: now) == nil)
        }
    }

    @Test func resetRateIsAbsolute() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        var reason: Reason?
        var resets = 0
        while reason == nil {
            _ = machine.note(.streamUseful, now: 1)
            reason = machine.note(.resetReceived, now: 1)
            resets += 1
        }
        #expect(reason == .resetRate)
        #expect(resets == 201)
    }

    @Test func resetsOfBothKindsShareOneBudget() {
        let result = flood(.resetProvoked, before: Array(repeating: .resetReceived, count: 50))
        #expect(result.passed == 49)
    }

    @Test func creditIsNotHoarded() {
        let result = flood(.windowUpdate, before: Array(repeating: .dataSent, count: 1_000_000))
        #expect(result.passed == 2000)
    }

    @Test func streamsPayForWhatWasOnItsWayWhenTheyEnded() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        for _ in 0..<10_000 {
            #expect(machine.note(.streamOpened, now: 0) == nil)
            #expect(machine.note(.skipped(bytes: 64 * 1024), now: 0) == nil)
        }
        for _ in 0..<10_000 { _ = machine.note(.streamOpened, now: 0) }
        #expect(machine.note(.skipped(bytes: 1024 * 1024 + 128 * 1024), now: 0) == nil)
        #expect(machine.note(.skipped(bytes: 1), now: 0) == .skippedFrames)
    }

    @Test func bigFramesPayForSmallOnes() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        for _ in 0..<10_000 {
            for _ in 0..<60 { #expect(machine.note(.dataReceived(bytes: 1, endsStream: false), now: 0) == nil) }
            #expect(machine.note(.dataReceived(bytes: 16_384, endsStream: false), now: 0) == nil)
        }
    }
}
