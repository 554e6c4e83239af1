import Primitives
import RateLimiting
import TestKit
import Testing

@Suite struct ExpiringTableTests {
    @Test func makesRoomForTheNewByWhatExpiresFirst() {
        var table = ExpiringTable<String, Int>(entriesMax: 3)
        table.store(1, for: "a", expiresUs: 300, nowUs: 0)
        table.store(2, for: "b", expiresUs: 100, nowUs: 0)
        table.store(3, for: "c", expiresUs: 200, nowUs: 0)
        table.store(4, for: "d", expiresUs: 50, nowUs: 0)
        #expect(table.count == 3)
        #expect(table.value(for: "b", nowUs: 0) == nil)
        table.store(5, for: "d", expiresUs: 500, nowUs: 0)
        table.store(6, for: "e", expiresUs: 600, nowUs: 0)
        #expect(table.value(for: "c", nowUs: 0) == nil)
        #expect(table.value(for: "d", nowUs: 0) == 5)
        // What makes room when its time is over was not forgotten.
        #expect(table.forgottenCount == 2)
        table.store(7, for: "f", expiresUs: 900, nowUs: 550)
        #expect(table.count == 2 && table.forgottenCount == 2)
    }

    @Test func changesInPlaceWhatIsThere() {
        var table = ExpiringTable<String, Int>(entriesMax: 2)
        table.store(1, for: "a", expiresUs: 100, nowUs: 0)
        table.store(2, for: "b", expiresUs: 200, nowUs: 0)
        if let slot = table.slot(of: "a", nowUs: 50) {
            #expect(table[slot] == 1)
            table[slot] += 10
            table.setExpiry(300, of: slot)
        }
        #expect(table.value(for: "a", nowUs: 250) == 11)
        // What has expired stands nowhere.
        #expect(table.slot(of: "b", nowUs: 200) == nil)
        #expect(table.slot(of: "c", nowUs: 0) == nil)
        table.store(3, for: "c", expiresUs: 400, nowUs: 210)
        #expect(table.value(for: "b", nowUs: 0) == nil)
        #expect(table.value(for: "a", nowUs: 250) == 11)
    }

    @Test func forgetsWhatHasExpiredAsItGrows() {
        var table = ExpiringTable<String, Int>(entriesMax: 1000)
        for index in 0..<500 { table.store(index, for: "\(index)", expiresUs: Int64(index), nowUs: 0) }
        #expect(table.value(for: "7", nowUs: 7) == nil)
        #expect(table.value(for: "7", nowUs: 6) == 7)
        for index in 0..<250 { table.store(index, for: "new \(index)", expiresUs: 2_000, nowUs: 1_000) }
        #expect(table.count == 250)
    }

    /// The same operations on the table and on a plain dictionary.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func behavesAsItsModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = ExpiringTable<String, Int>(entriesMax: 16)
        var model: [String: (value: Int, expiresUs: Int64)] = [:]
        for step in 0..<3_000 {
            let key = "\(Int.random(in: 0..<40, using: &generator))"
            if Int.random(in: 0..<4, using: &generator) == 0 {
                table.remove(key)
                model[key] = nil
            } else {
                // Times differ, so that the one to make room is never in doubt; nothing has expired yet.
                let expiresUs = Int64.random(in: 1...1_000_000, using: &generator) * 3_000 + Int64(step)
                if model[key] == nil, model.count == 16 {
                    let first = model.min { $0.value.expiresUs < $1.value.expiresUs }
                    if let first { model[first.key] = nil }
                }
                table.store(step, for: key, expiresUs: expiresUs, nowUs: 0)
                model[key] = (step, expiresUs)
            }
            #expect(table.count == model.count)
        }
        for key in 0..<40 { #expect(table.value(for: "\(key)", nowUs: 0) == model["\(key)"]?.value) }
    }
}
