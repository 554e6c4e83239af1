package import Postgres

/// Work of which one session of a schema does its share at a time.
package struct Leadership: Sendable {
    private let database: Database
    private let name: String
    /// How long to wait before asking again for a lead that another has.
    private let interval: Duration
    private let heartbeat: Duration
    private let observe: @Sendable (PostgresFailure) -> Void

    /// - Parameter name: of the work.
    package init(
        _ database: Database, of name: String, interval: Duration = .seconds(1), heartbeat: Duration = .seconds(3),
        observe: @escaping @Sendable (PostgresFailure) -> Void = { _ in }
    ) {
        self.database = database
        self.name = name
        self.interval = interval
        self.heartbeat = heartbeat
        self.observe = observe
    }

    /// Does `work` whenever this session has the lead, until cancelled. `work` is cancelled when the lead is lost, and
    /// then another may begin before this one has ended.
    package func run(_ work: @escaping @Sendable () async -> Void) async {
        while !Task.isCancelled {
            do throws(PostgresFailure) {
                _ = try await database.holding(lock: name, heartbeat: heartbeat, work)
            } catch {
                if !Task.isCancelled { observe(error) }
            }
            try? await Task.sleep(for: interval * .random(in: 0.5...1))
        }
    }
}
