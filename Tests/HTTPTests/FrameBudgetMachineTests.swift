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

    @Test(
        "What pays, and for how much, is a limit as the others",
        arguments: [
            (Event.priority, Event.streamOpened, 107, \FrameBudgetLimits.priorityFramesPerStream),
            (.windowUpdate, .streamOpened, 1007, \.windowUpdatesPerStream),
            (.windowUpdate, .dataSent, 1007, \.windowUpdatesPerDataFrame),
            (.dataReceived(bytes: 1, endsStream: false), .streamOpened, 64 * 1024 / 6, \.dataFrameBytesMin),
        ])
    func ratios(
        _ event: Event, _ payer: Event, _ passed: Int, _ path: any WritableKeyPath<FrameBudgetLimits, Int> & Sendable
    ) {
        var limits = FrameBudgetLimits()
        limits[keyPath: path] = 7
        #expect(flood(event, limits: limits, before: [payer]).passed == passed)
    }

    @Test func theResetsPeriodIsALimit() {
        var limits = FrameBudgetLimits()
        limits.resetsMax = 3
        limits.resetsPeriod = .seconds(2)
        #expect(flood(.resetReceived, spacing: 600_000_000, limits: limits).passed == 3)
        limits.resetsPeriod = .seconds(1)
        #expect(flood(.resetReceived, spacing: 600_000_000, limits: limits).reason == .resets)
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

    @Test(
        "Around no moment twice the rate passes",
        arguments: [
            (Event.ping, UInt64(1_000_000_000), 10, Reason.pings),
            (.settings, 1_000_000_000, 5, .settings),
            (.resetReceived, 30_000_000_000, 200, .resetRate),
        ])
    func noBoundary(_ event: Event, _ period: UInt64, _ max: Int, _ reason: Reason) {
        // The first event long before the others, so that a period that begins with it ends among them.
        for offset in [period / 10, period / 2, period - 1] {
            var machine = FrameBudgetMachine(FrameBudgetLimits())
            let begin = 7 * period
            var passed = 0
            func note(_ now: UInt64) -> Reason? {
                _ = machine.note(.streamUseful, now: now)
                defer { passed += 1 }
                return machine.note(event, now: now)
            }
            #expect(note(begin) == nil)
            for _ in 1..<max { #expect(note(begin + offset) == nil) }
            // The first is a period old: its place is free, and no other.
            #expect(note(begin + period) == nil)
            #expect(note(begin + period) == reason)
            #expect(passed == max + 2)
        }
    }

    @Test func everyPeriodAdmitsAsMuch() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        for round in 0..<100 as Range<UInt64> {
            for ping in 0..<10 as Range<UInt64> {
                #expect(machine.note(.ping, now: round * 1_000_000_000 + ping) == nil || round > 0 && ping < 9)
            }
        }
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

    @Test(
        "Empty frames are paid for by full ones and by streams that end well, not by small ones nor ahead",
        arguments: [
            (Event.dataReceived(bytes: 256, endsStream: false), true), (.streamUseful, true),
            (.dataReceived(bytes: 255, endsStream: false), false), (.streamOpened, false),
            (.dataReceived(bytes: 16_384, endsStream: true), false),
        ])
    func emptyFramesArePaidFor(_ event: Event, _ pays: Bool) {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        for _ in 0..<1000 { _ = machine.note(event, now: 0) }
        let empty = Event.dataReceived(bytes: 0, endsStream: false)
        for _ in 0..<100 { #expect(machine.note(empty, now: 0) == nil) }
        for _ in 0..<1000 {
            _ = machine.note(event, now: 0)
            let reason = machine.note(empty, now: 0)
            #expect(reason == (pays ? nil : .emptyData))
            if reason != nil { return }
        }
        #expect(machine.note(empty, now: 0) == .emptyData)
    }

    @Test func bigFramesPayForSmallOnes() {
        var machine = FrameBudgetMachine(FrameBudgetLimits())
        for _ in 0..<10_000 {
            for _ in 0..<60 { #expect(machine.note(.dataReceived(bytes: 1, endsStream: false), now: 0) == nil) }
            #expect(machine.note(.dataReceived(bytes: 16_384, endsStream: false), now: 0) == nil)
        }
    }
}
