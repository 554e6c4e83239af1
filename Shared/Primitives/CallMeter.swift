internal import Synchronization

/// What one call used, counted where it was used: statements, their time, waits for a connection, and where the rest of
/// the time went; and until when it may use more.
///
/// A task-local, since the handler between a call and its statements knows nothing of it. A statement pays for a look
/// at the task and an addition, and allocates nothing; work that no call asked for has no meter and is not counted.
@usableFromInline package final class CallMeter: Sendable {
    /// The meter of the call that this task works for. Child tasks inherit it.
    @TaskLocal package static var current: CallMeter?

    /// How long a call may take whose caller does not say.
    private static let millisecondsUnasked: UInt64 = 10_000

    /// The parts of a call in a service, in order.
    @usableFromInline package enum Phase: Int, Sendable, CaseIterable {
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

    /// What statements used. Children of one call may run side by side.
    private struct Use {
        var statements = 0
        var databaseNanoseconds: Int64 = 0
        var waitNanoseconds: Int64 = 0
        /// Nil where only the number of statements is wanted.
        var names: [StaticString]?
    }

    /// When the caller stops waiting; what the call waits for is given up then.
    package let deadline: Deadline
    private let use: Mutex<Use>
    // The call's own task alone ends phases and reads them, one after the other: a lock for each would be paid for by
    // every request.
    nonisolated(unsafe) private var phaseStart: UInt64
    nonisolated(unsafe) private var phaseNanoseconds = [5 of Int64](repeating: 0)

    /// - Parameters:
    ///   - startedAt: when the first phase began.
    ///   - deadline: nil where nobody says.
    ///   - keepsNames: whether `statementNames` is filled: for tests, which know how much a call does.
    package init(startedAt: Deadline = .now, deadline: Deadline? = nil, keepsNames: Bool = false) {
        self.deadline = deadline ?? startedAt.advanced(byMilliseconds: Self.millisecondsUnasked)
        phaseStart = startedAt.nanoseconds
        use = Mutex(Use(names: keepsNames ? [] : nil))
    }

    /// Statements that were sent, without those that begin and end a transaction.
    package var statements: Int { use.withLock { $0.statements } }

    /// Their names, in order.
    package var statementNames: [String] { use.withLock { $0.names?.map(\.description) ?? [] } }

    /// From asking to the answer, of all statements together, those that end a transaction among them.
    package var databaseTime: Duration { .nanoseconds(use.withLock { $0.databaseNanoseconds }) }

    /// How long statements and transactions waited for a connection, all together.
    package var connectionWait: Duration { .nanoseconds(use.withLock { $0.waitNanoseconds }) }

    /// How long a phase took. For the call's own task alone.
    package subscript(phase: Phase) -> Duration { .nanoseconds(phaseNanoseconds[phase.rawValue]) }

    package func countStatement(_ name: StaticString) {
        use.withLock { use in
            use.statements += 1
            use.names?.append(name)
        }
    }

    /// Adds the time since `start` to that of the database.
    package func addDatabaseTime(since start: Deadline) {
        let elapsed = Self.nanoseconds(from: start, to: .now)
        use.withLock { $0.databaseNanoseconds += elapsed }
    }

    package func addConnectionWait(from start: Deadline, to end: Deadline = .now) {
        let elapsed = Self.nanoseconds(from: start, to: end)
        use.withLock { $0.waitNanoseconds += elapsed }
    }

    /// When the phase began that goes on. For the call's own task alone.
    package var phaseBegan: Deadline { Deadline(nanoseconds: phaseStart) }

    /// Ends a phase; the next one begins now. For the call's own task alone.
    @usableFromInline package func finish(_ phase: Phase) {
        let now = Deadline.now
        phaseNanoseconds[phase.rawValue] += Self.nanoseconds(from: Deadline(nanoseconds: phaseStart), to: now)
        phaseStart = now.nanoseconds
    }

    private static func nanoseconds(from start: Deadline, to end: Deadline) -> Int64 {
        Int64(clamping: end.nanoseconds &- min(start.nanoseconds, end.nanoseconds))
    }
}
