internal import Primitives
internal import Synchronization

/// One Postgres database as one role.
///
/// Statements that commit alone go over a few shared connections in libpq's pipeline mode, each followed by its own
/// Sync, so that an error never aborts a neighbour's statement. Transactions lease a whole connection. All sockets
/// belong to one thread, the `PostgresDriver`; tasks wait for it as continuations and decode rows themselves.
///
/// Cancelling a task abandons its statement: on a shared connection it still runs to its end, bounded by
/// `statementTimeout`, since a cancel would hit whatever the server runs by then. While Postgres is away, statements
/// fail as `.unavailable` within `unavailableWait`, and work again once it is back.
///
/// A statement that waits for a lock holds up what was sent after it on the same connection. So it is refused there
/// after `sharedLockWait`, and waits on a leased connection instead.
package final class Database: Session {
    package let configuration: PostgresConfiguration
    let driver: PostgresDriver
    let id: Int
    let statisticsBox = StatisticsBox()

    /// Opens the database: connections are made in the background. Several databases may share a driver's thread.
    package init(
        _ configuration: PostgresConfiguration, driver: PostgresDriver = PostgresDriver(),
        observe: @escaping @Sendable (PostgresObservation) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.driver = driver
        id = driver.nextDatabaseID()
        driver.post(.open(id, configuration, statisticsBox, observe))
    }

    deinit {
        driver.post(.close(id, grace: .zero, nil))
    }

    package func run(
        _ statement: PreparedText, _ parameters: StatementParameters
    ) async throws(PostgresFailure) -> QueryResult {
        try checkSize(statement, parameters)
        let meter = CallMeter.current
        let request = Request(.statement(statement, parameters, preamble: nil), meter: meter)
        meter?.countStatement(statement.name)
        let start = Deadline.now
        let answer = await request.answer.wait(
            cancelled: .failure(PostgresFailure(.cancelled, statement: statement.name.description))
        ) {
            driver.post(.statement(id, request))
        }
        meter?.addDatabaseTime(since: start)
        // The server rolled it back, so that it may run again.
        if case .failure(let failure) = answer, failure.sqlState == .lockNotAvailable {
            return try await runApart(statement, parameters)
        }
        return try answer.get()
    }

    /// Runs a statement on a connection of its own, where nobody else waits with it.
    private func runApart(
        _ statement: PreparedText, _ parameters: StatementParameters
    ) async throws(PostgresFailure) -> QueryResult {
        let transaction = Transaction(self, lease: try await lease(), isolation: .readCommitted)
        let result: QueryResult
        do {
            result = try await transaction.run(statement, parameters)
        } catch {
            await transaction.rollback()
            throw error
        }
        try await transaction.commit()
        return result
    }

    func checkSize(_ statement: PreparedText, _ parameters: StatementParameters) throws(PostgresFailure) {
        guard parameters.bytes.count <= configuration.parameterBytesMax else {
            throw PostgresFailure(.parametersTooLarge, statement: statement.name.description)
        }
    }

    /// Asks the server for an answer over a shared connection: the health check.
    package func ping() async throws(PostgresFailure) {
        _ = try await one(Self.pingStatement)
    }

    private static let pingStatement = Statement<Int32>("postgres.ping", "SELECT 1")

    /// Counters for metrics, as of the driver's last turn.
    package var statistics: PostgresStatistics { statisticsBox.current }

    /// Stops taking statements, gives those in flight `grace` to be answered, then closes all connections.
    package func close(grace: Duration = .seconds(5)) async {
        let answer = Answer<Void>()
        await answer.wait(start: { driver.post(.close(id, grace: grace, answer)) })
    }
}

/// Statistics as the driver's thread publishes them.
final class StatisticsBox: Sendable {
    private let box = Mutex(PostgresStatistics())

    var current: PostgresStatistics { box.withLock { $0 } }

    func publish(_ statistics: PostgresStatistics) {
        box.withLock { $0 = statistics }
    }
}
