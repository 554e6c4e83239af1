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

    @Test(arguments: [1, 7, 50, 100])
    func oneOfAnotherSizeIsKept(percent: Int) {
        var budget = RetryBudget(percent: percent)
        #expect(retries(of: 1000, &budget) == min(1000, 10 * percent + RetryBudget.retriesFree))
        #expect(retries(of: 1000, &budget) == 10 * percent)
    }

    @Test func oneOfNothingAllowsNothing() {
        var budget = RetryBudget(percent: 0)
        #expect(retries(of: 1000, &budget) == 0)
    }

    @Test(arguments: [20, 33])
    func anUnusedBudgetIsBounded(percent: Int) {
        var budget = RetryBudget(percent: percent)
        for _ in 0..<1_000_000 { budget.noteCall() }
        var retries = 0
        while budget.takeRetry() { retries += 1 }
        #expect(retries == RetryBudget.retriesMax)
    }
}
