internal import Synchronization

/// What one call used, counted where it was used: statements, their time, waits for a connection, and where the rest of
/// the time went.
///
/// A task-local, since the handler between a call and its statements knows nothing of it. A statement pays for a look
/// at the task and an addition, and allocates nothing; work that no call asked for has no meter and is not counted.
package final class CallMeter: Sendable {
    /// The meter of the call that this task works for. Child tasks inherit it.
    @TaskLocal package static var current: CallMeter?

    /// The parts of a call in a service, in order.
    package enum Phase: Int, Sendable, CaseIterable {
        /// From the request's first byte until a task took it up.
        case queue
        /// Proof of the caller, and the route.
        case prove
        /// The body's arrival, and the input made of it.
        case decode
        /// The handler, and the answer's encoding.
        case handle
        /// The answer's way to the connection.
        case reply
    }

    // Children of one call may run side by side; nothing here orders anything else.
    private let statementCount = Atomic<Int>(0)
    private let databaseNs = Atomic<Int64>(0)
    private let waitNs = Atomic<Int64>(0)
    private let phaseStart: Atomic<UInt64>
    private let phasesNs: [5 of Atomic<Int64>] = InlineArray { _ in Atomic(0) }
    /// Nil where only the number of statements is wanted.
    private let names: Mutex<[StaticString]>?

    /// - Parameters:
    ///   - startedAt: when the first phase began.
    ///   - keepsNames: whether `statementNames` is filled: for tests, which know how much a call does.
    package init(startedAt: Deadline = .now, keepsNames: Bool = false) {
        phaseStart = Atomic(startedAt.nanoseconds)
        names = keepsNames ? Mutex([]) : nil
    }

    /// Statements that were sent, without those that begin and end a transaction.
    package var statements: Int { statementCount.load(ordering: .relaxed) }

    /// Their names, in order.
    package var statementNames: [String] { names?.withLock { $0.map(\.description) } ?? [] }

    /// From asking to the answer, of all statements together, those that end a transaction among them.
    package var databaseTime: Duration { .nanoseconds(databaseNs.load(ordering: .relaxed)) }

    /// How long statements and transactions waited for a connection, all together.
    package var connectionWait: Duration { .nanoseconds(waitNs.load(ordering: .relaxed)) }

    package subscript(phase: Phase) -> Duration { .nanoseconds(phasesNs[phase.rawValue].load(ordering: .relaxed)) }

    package func countStatement(_ name: StaticString) {
        statementCount.wrappingAdd(1, ordering: .relaxed)
        names?.withLock { $0.append(name) }
    }

    /// Adds the time since `start` to that of the database.
    package func addDatabaseTime(since start: Deadline) {
        databaseNs.wrappingAdd(Self.nanoseconds(from: start, to: .now), ordering: .relaxed)
    }

    package func addConnectionWait(from start: Deadline, to end: Deadline = .now) {
        waitNs.wrappingAdd(Self.nanoseconds(from: start, to: end), ordering: .relaxed)
    }

    /// Ends a phase; the next one begins now. For the call's own task alone.
    package func finish(_ phase: Phase) {
        let now = Deadline.now.nanoseconds
        let start = phaseStart.exchange(now, ordering: .relaxed)
        phasesNs[phase.rawValue].wrappingAdd(Int64(clamping: now &- min(start, now)), ordering: .relaxed)
    }

    private static func nanoseconds(from start: Deadline, to end: Deadline) -> Int64 {
        Int64(clamping: end.nanoseconds &- min(start.nanoseconds, end.nanoseconds))
    }
}
