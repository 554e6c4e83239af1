import AuthService
import Primitives
import Testing

@Suite struct KeyScheduleTests {
    static func days(_ count: Double) -> Duration { .seconds(Int64(count * 86_400)) }
    static let start = Timestamp(seconds: 1_800_000_000)
    let schedule = KeySchedule()

    static func key(_ id: String, published: Double, active: Double) -> KeySchedule.Key {
        KeySchedule.Key(id: id, publishedAt: start + days(published), activeAt: start + days(active))
    }

    struct Case: Sendable {
        let day: Double
        let keys: [KeySchedule.Key]
        let current: String?
        let steps: [KeySchedule.Step]
    }

    static let first = key("a", published: 0, active: 0)
    static let second = key("b", published: 89, active: 90)

    static let cases: [Case] = [
        Case(day: 0, keys: [], current: nil, steps: [.create(activeAt: start)]),
        Case(day: 0, keys: [first], current: "a", steps: []),
        Case(day: 88.9, keys: [first], current: "a", steps: []),
        Case(day: 89, keys: [first], current: "a", steps: [.create(activeAt: start + days(90))]),
        Case(day: 89.5, keys: [first, second], current: "a", steps: []),
        // The service slept: the successor is late, yet published a day ahead all the same.
        Case(day: 200, keys: [first], current: "a", steps: [.create(activeAt: start + days(201))]),
        Case(day: 90, keys: [first, second], current: "b", steps: []),
        Case(day: 90.1, keys: [first, second], current: "b", steps: [.retire(id: "a")]),
        Case(day: 90.1, keys: [second], current: "b", steps: []),
        Case(
            day: 300, keys: [first, second], current: "b",
            steps: [.create(activeAt: start + days(301)), .retire(id: "a")]),
        // A clock set back to before the first: that one goes on signing, and nothing is made.
        Case(day: -1, keys: [first], current: "a", steps: []),
        Case(day: -1, keys: [first, second], current: "a", steps: []),
        // A clock set back by a month while the second signs: the first signs again, whose life is not over.
        Case(day: 60, keys: [first, second], current: "a", steps: []),
    ]

    @Test(arguments: cases) func whatIsDue(_ each: Case) {
        let now = Self.start + Self.days(each.day)
        #expect(schedule.current(of: each.keys, at: now)?.id == each.current)
        #expect(schedule.steps(for: each.keys, at: now) == each.steps)
    }

    /// Ten years, hour by hour: there is always exactly one key to sign with, every key but the first was published a
    /// day before it signed, and no key stays.
    @Test func tenYears() {
        var keys: [KeySchedule.Key] = []
        var created = 0
        for hour in 0..<(24 * 3650) {
            let now = Self.start + .seconds(hour * 3600)
            for step in schedule.steps(for: keys, at: now) {
                switch step {
                case .create(let activeAt):
                    created += 1
                    keys.append(KeySchedule.Key(id: "\(created)", publishedAt: now, activeAt: activeAt))
                    if created > 1 { #expect(activeAt - now >= .seconds(86_400)) }
                case .retire(let id): keys.removeAll { $0.id == id }
                }
            }
            #expect(schedule.current(of: keys, at: now) != nil)
            #expect(keys.count <= 2)
        }
        #expect((40...42).contains(created))
    }
}
