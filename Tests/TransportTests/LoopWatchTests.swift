import Foundation
import Primitives
import Synchronization
import TestKit
import Testing
import Transport

/// How late loops are, as seen from themselves.
@Suite struct LoopWatchTests {
    @Test func seesEachLoopAndTheOneThatIsHeldUp() async throws {
        let loops = EventLoops(threads: 2)
        let seen = Collected<LoopSight>()
        let watch = LoopWatch(loops, every: .milliseconds(20)) { seen.append($0) }
        func delay(_ index: Int) -> Duration { seen.all.filter { $0.index == index }.map(\.delay).max() ?? .zero }
        try await eventually { Set(seen.all.map(\.index)) == [0, 1] }
        // Held up for as long as it takes to be seen.
        let held = try await loops.run { () throws(CancellationError) -> Int in
            let index = loops.executors.firstIndex { $0 === loops.current } ?? 0
            usleep(300_000)
            return index
        }
        try await eventually { delay(held) >= .milliseconds(200) }
        watch.stop()
        await loops.shutdown()
    }
}
