internal import Synchronization

/// The sampled logs of a process, as long as somebody has them: whatever one of them holds back is written soon, even
/// where its reason never comes again.
package final class SampledLogs: Sendable {
    /// What a log is in unless it is told otherwise.
    package static let ofProcess = SampledLogs()

    package static let flushInterval: Duration = .seconds(5)

    private struct Member {
        weak var log: SampledLog?
    }

    private let members = Mutex<[Member]>([])

    package init() {}

    func add(_ log: SampledLog) {
        members.withLock { members in
            members.removeAll { $0.log == nil }
            members.append(Member(log: log))
        }
    }

    /// Flushes all of them now and then, until its task is cancelled, and for the last time then.
    package func run(every interval: Duration = flushInterval) async {
        while (try? await Task.sleep(for: interval)) != nil { flush() }
        flush(isLast: true)
    }

    /// - Parameter isLast: writes also what a next line could still tell.
    package func flush(isLast: Bool = false) {
        for log in members.withLock({ $0.compactMap(\.log) }) { log.flush(isLast: isLast) }
    }
}
