import Testing

@testable import Cryptography

@Suite(.timeLimit(.minutes(1))) struct BlockingPoolTests {
    /// Holds the pool's threads until it is opened, and tells how many it holds.
    private final class Gate: Sendable {
        private let isOpen = Monitor(false)
        private let arrivals: AsyncStream<Void>
        private let arrived: AsyncStream<Void>.Continuation

        init() { (arrivals, arrived) = AsyncStream.makeStream() }

        func pass() {
            arrived.yield()
            isOpen.wait { $0 ? .done(()) : .wait(until: nil) }
        }

        func open() {
            isOpen.withLock { $0 = true }
            isOpen.wakeAll()
        }

        func waitForArrivals(_ count: Int) async {
            var iterator = arrivals.makeAsyncIterator()
            for _ in 0..<count { await iterator.next() }
        }
    }

    private func waitUntil(_ pool: BlockingPool, hasWaiting count: Int) async {
        while pool.waitingCount != count { await Task.yield() }
    }

    @Test func workIsDoneElsewhereAndItsResultComesBack() async throws {
        let pool = BlockingPool(threads: 2, queueMax: 100, waitMax: .seconds(60))
        defer { pool.shutdown() }
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...100 { group.addTask { try await pool.run { number * number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 338_350)
        #expect(pool.waitingCount == 0)
    }

    @Test func aFullQueueRefusesAtOnce() async throws {
        let pool = BlockingPool(threads: 2, queueMax: 3, waitMax: .seconds(60))
        let gate = Gate()
        let accepted = (0..<5).map { number in
            Task {
                try await pool.run {
                    gate.pass()
                    return number
                }
            }
        }
        await gate.waitForArrivals(2)
        await waitUntil(pool, hasWaiting: 3)
        for _ in 0..<3 {
            await #expect(throws: BlockingPoolFailure.busy) { try await pool.run { 0 } }
        }
        gate.open()
        for (number, task) in accepted.enumerated() { #expect(try await task.value == number) }
        #expect(try await pool.run { "free again" } == "free again")
        pool.shutdown()
    }

    @Test func aLongWaitIsRefusedWhileTheThreadsAreHeld() async throws {
        let pool = BlockingPool(threads: 1, queueMax: 8, waitMax: .milliseconds(20))
        let gate = Gate()
        let holder = Task {
            try await pool.run {
                gate.pass()
                return true
            }
        }
        await gate.waitForArrivals(1)
        for _ in 0..<2 {
            await #expect(throws: BlockingPoolFailure.busy) { try await pool.run { false } }
        }
        #expect(pool.waitingCount == 0)
        gate.open()
        #expect(try await holder.value)
        pool.shutdown()
    }

    @Test func aCancelledWaiterLeavesTheQueue() async throws {
        let pool = BlockingPool(threads: 1, queueMax: 1, waitMax: .seconds(60))
        let gate = Gate()
        let holder = Task {
            try await pool.run {
                gate.pass()
                return true
            }
        }
        await gate.waitForArrivals(1)
        for _ in 0..<20 {
            let waiter = Task { try await pool.run { false } }
            await waitUntil(pool, hasWaiting: 1)
            waiter.cancel()
            await #expect(throws: BlockingPoolFailure.cancelled) { try await waiter.value }
            #expect(pool.waitingCount == 0)
        }
        // Cancelled before it came: the queue is left all the same, with the thread still held.
        let early = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await pool.run { false }
        }
        early.cancel()
        await #expect(throws: BlockingPoolFailure.cancelled) { try await early.value }
        gate.open()
        #expect(try await holder.value)
        pool.shutdown()
    }

    @Test func shutdownRefusesWhatWaitsAndFinishesWhatRuns() async throws {
        let pool = BlockingPool(threads: 1, queueMax: 4, waitMax: .seconds(60))
        let gate = Gate()
        let running = Task {
            try await pool.run {
                gate.pass()
                return true
            }
        }
        await gate.waitForArrivals(1)
        let waiting = Task { try await pool.run { false } }
        await waitUntil(pool, hasWaiting: 1)
        let stopper = WorkerThread { pool.shutdown() }
        await #expect(throws: BlockingPoolFailure.stopped) { try await waiting.value }
        await #expect(throws: BlockingPoolFailure.stopped) { try await pool.run { false } }
        gate.open()
        #expect(try await running.value)
        stopper.join()
        pool.shutdown()
    }

    @Test func manyCallersWithCancellationAllGetAnAnswer() async {
        let pool = BlockingPool(threads: 2, queueMax: 4, waitMax: .milliseconds(5))
        let answers = await withTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let task = Task { try await pool.run { (0..<1000).reduce(number, ^) } }
                    if number % 3 == 0 { task.cancel() }
                    _ = await task.result
                }
            }
            return await group.reduce(into: 0) { count, _ in count += 1 }
        }
        #expect(answers == 400)
        pool.shutdown()
        #expect(pool.waitingCount == 0)
    }
}
