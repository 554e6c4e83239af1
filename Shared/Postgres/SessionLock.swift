internal import Primitives

extension Database {
    /// Runs `body` while a leased connection holds an advisory lock of its session, and cancels it when the connection
    /// is lost: from then on another session may hold the lock, which the server frees when its connection goes.
    ///
    /// A process that stands still loses the lock after three heartbeats, since the server then ends the session.
    ///
    /// - Parameters:
    ///   - name: of the lock among those of the schema.
    ///   - heartbeat: how often the connection is tried.
    /// - Returns: false, at once and without running `body`, where another session holds the lock.
    package func holding(
        lock name: String, heartbeat: Duration = .seconds(3), _ body: @escaping @Sendable () async -> Void
    ) async throws(PostgresFailure) -> Bool {
        let session = LeasedSession(self, lease: try await lease())
        do {
            guard try await session.one(SessionLock.acquire, name) else {
                session.release()
                return false
            }
            _ = try await session.one(SessionLock.limitIdleness, "\((heartbeat * 3).wholeMilliseconds)")
        } catch {
            session.drop()
            throw error
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { await session.beat(every: heartbeat) }
            // Whichever ends first ends the other.
            await group.next()
            group.cancelAll()
        }
        session.drop()
        return true
    }
}

private enum SessionLock {
    static let acquire = Statement<Bool, String>(
        "postgres.acquire-session-lock",
        "SELECT pg_try_advisory_lock(hashtextextended($1 || ' of ' || coalesce(current_schema(), ''), 0))")
    static let limitIdleness = Statement<String, String>(
        "postgres.limit-session-idleness", "SELECT set_config('idle_session_timeout', $1, false)")
    static let beat = Statement<Int32>("postgres.session-heartbeat", "SELECT 1")
}

/// Statements on one leased connection, each of which commits alone.
private struct LeasedSession: Session {
    private let database: Database
    private let lease: Int

    init(_ database: Database, lease: Int) {
        self.database = database
        self.lease = lease
    }

    func run(
        _ statement: PreparedText, _ parameters: StatementParameters
    ) async throws(PostgresFailure) -> QueryResult {
        let request = Request(.statement(statement, parameters, preamble: nil))
        return try await request.answer.wait(
            cancelled: .failure(PostgresFailure(.cancelled, statement: statement.name.description))
        ) {
            database.driver.post(.leased(database.id, lease, request))
        }.get()
    }

    /// Returns when the connection is lost or the task is cancelled.
    func beat(every interval: Duration) async {
        do {
            while true {
                try await Task.sleep(for: interval)
                _ = try await one(SessionLock.beat)
            }
        } catch {
            // What was held is held no more, or nobody needs it.
        }
    }

    /// Gives the connection to whoever leases next.
    func release() {
        database.driver.post(.release(database.id, lease))
    }

    /// Closes the connection, and with it the session.
    func drop() {
        database.driver.post(.abort(database.id, lease))
    }
}
