import Testing
import Transport

@Suite struct RetryBudgetTests {
    private func retries(of calls: Int, _ budget: inout RetryBudget) -> Int {
        var retries = 0
        for _ in 0..<calls {
            budget.noteCall()
            if budget.takeRetry() { retries += 1 }
        }
        return retries
    }

    @Test func aFifthOfTheCallsMayBeRepeated() {
        var budget = RetryBudget()
        #expect(retries(of: 1000, &budget) == 200 + RetryBudget.retriesFree)
        #expect(retries(of: 1000, &budget) == 200)
    }

    @Test func anUnusedBudgetIsBounded() {
        var budget = RetryBudget()
        for _ in 0..<1_000_000 { budget.noteCall() }
        var retries = 0
        while budget.takeRetry() { retries += 1 }
        #expect(retries == RetryBudget.retriesMax)
    }
}
