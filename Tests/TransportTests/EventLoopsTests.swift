import Primitives
import Testing

@testable import Transport

@Suite struct EventLoopsTests {
    /// What is confined to a loop ends the process elsewhere, so this must hold in optimised builds too.
    @Test func workRunsOnALoopFromItsFirstStep() async {
        let loops = EventLoops(threads: 2)
        let before = loops.current == nil
        let (first, second) = await loops.run { () async -> (Bool, Bool) in
            let first = loops.current != nil
            await Task.yield()
            return (first, loops.current != nil)
        }
        #expect(before)
        #expect(first)
        #expect(second)
        await loops.shutdown()
    }

    @Test func workIsCancelledWithItsCaller() async {
        let loops = EventLoops(threads: 1)
        let caller = Task {
            await loops.run { () async -> Bool in
                while !Task.isCancelled { await Task.yield() }
                return true
            }
        }
        caller.cancel()
        #expect(await caller.value)
        await loops.shutdown()
    }
}
