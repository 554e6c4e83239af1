import Contract
import Primitives
import Testing
import Transport

@testable import Gateway

@Suite("The strain")
struct StrainMachineTests {
    /// Looks at two loops every 100 ms, each with a delay.
    private struct Looks {
        var machine: StrainMachine
        var now: UInt64 = 1

        init(_ change: (inout StrainMachine.Settings) -> Void = { _ in }) {
            var settings = StrainMachine.Settings()
            change(&settings)
            machine = StrainMachine(settings)
        }

        mutating func look(_ delays: [Int], requests: Int = 0, times: Int = 1) {
            for _ in 0..<times {
                now += 100_000_000
                for (index, delay) in delays.enumerated() {
                    machine.note(
                        LoopSight(
                            index: index, delay: .milliseconds(delay), requestsInFlight: requests,
                            seenAt: Deadline(nanoseconds: now)))
                }
            }
        }
    }

    @Test("rises by one for every interval that is late throughout, and stops where what is critical is left")
    func rises() {
        var looks = Looks()
        looks.look([0, 0], times: 6)
        #expect(looks.machine.level == .calm)
        var seen: [StrainMachine.Level] = []
        for _ in 0..<30 {
            looks.look([0, 150])
            if seen.last != looks.machine.level { seen.append(looks.machine.level) }
        }
        #expect(seen == [.calm, .strained, .shedsSheddable, .shedsNormal])
    }

    @Test("is not moved by a burst, however late, that goes away within the interval")
    func bursts() {
        var looks = Looks()
        for _ in 0..<20 {
            looks.look([900, 900], times: 4)
            looks.look([20, 20])
        }
        #expect(looks.machine.level == .calm)
    }

    @Test("falls by one for every interval that is well below, and stays in between")
    func falls() {
        var looks = Looks()
        looks.look([200], times: 40)
        #expect(looks.machine.level == .shedsNormal)
        looks.look([80], times: 20)
        #expect(looks.machine.level == .shedsNormal)
        looks.look([10], times: 5)
        #expect(looks.machine.level == .shedsSheddable)
        looks.look([10], times: 20)
        #expect(looks.machine.level == .calm)
    }

    @Test("rises for a loop that is stuck and is not seen at all")
    func stuck() {
        var looks = Looks()
        looks.look([0, 0], times: 5)
        looks.look([0], times: 12)
        #expect(looks.machine.level > .calm)
        looks.look([0, 0], times: 20)
        #expect(looks.machine.level == .calm)
    }

    @Test(
        "follows the requests in flight at once",
        arguments: [
            (0, .calm), (59, .calm), (60, .strained), (69, .strained), (70, .shedsSheddable), (85, .shedsNormal),
            (99, .shedsNormal), (100, .shedsAll), (500, .shedsAll),
        ] as [(Int, StrainMachine.Level)])
    func flight(requests: Int, level: StrainMachine.Level) {
        var looks = Looks { $0.requestsMax = 100 }
        looks.look([0], requests: requests)
        #expect(looks.machine.level == level)
        looks.look([0], requests: 0)
        #expect(looks.machine.level == .calm)
    }

    @Test(
        "turns at the parts that are set",
        arguments: [
            (19, .calm), (20, .strained), (29, .strained), (30, .shedsSheddable), (40, .shedsNormal), (100, .shedsAll),
        ] as [(Int, StrainMachine.Level)])
    func parts(requests: Int, level: StrainMachine.Level) {
        var looks = Looks {
            $0.requestsMax = 100
            ($0.strainedPercent, $0.shedsSheddablePercent, $0.shedsNormalPercent) = (20, 30, 40)
        }
        looks.look([0], requests: requests)
        #expect(looks.machine.level == level)
    }

    @Test("does not look at delays where that is off")
    func off() {
        var looks = Looks { $0.delayMax = .zero }
        looks.look([5000], times: 100)
        #expect(looks.machine.level == .calm)
    }

    @Test("refuses what matters least first, and what is critical only where there is no room at all")
    func order() {
        let table: [(StrainMachine.Level, Set<String>)] = [
            (.calm, []), (.strained, []), (.shedsSheddable, ["sheddable"]), (.shedsNormal, ["sheddable", "normal"]),
            (.shedsAll, ["sheddable", "normal", "critical"]),
        ]
        for (level, refused) in table {
            let strain = Strain(StrainMachine.Settings())
            #expect(!strain.isStrained)
            let found = [Policy.Criticality.sheddable, .normal, .critical].filter { level.sheds($0) }
            #expect(Set(found.map(\.rawValue)) == refused)
        }
    }
}
