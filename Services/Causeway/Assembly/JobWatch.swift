import Ledger
import Postgres
import ServiceKit
import Synchronization
import Telemetry

/// Shows how a schema's jobs stand: `jobs{schema,state}`, `jobs_oldest_due_seconds{schema}`.
final class JobWatch: Sendable {
    /// Metrics are read every fifteen seconds or so.
    private static let pause: Duration = .seconds(5)

    private let database: Database
    private let latest = Mutex<JobQueue.Counts?>(nil)

    init(_ database: Database, schema: String, registry: PrometheusRegistry) {
        self.database = database
        registry.describe("jobs", "Jobs by how they stand")
        registry.describe("jobs_oldest_due_seconds", "How long the job that is due longest has been due")
        let numbers: [(state: String, read: @Sendable (JobQueue.Counts) -> Int)] = [
            ("pending", { $0.pending }), ("running", { $0.running }), ("dead", { $0.dead }),
        ]
        for (state, read) in numbers {
            registry.readGauge("jobs", [("schema", schema), ("state", state)]) { [weak self] in
                self?.latest.withLock { $0 }.map { Double(read($0)) } ?? 0
            }
        }
        registry.readGauge("jobs_oldest_due_seconds", [("schema", schema)]) { [weak self] in
            self?.latest.withLock { $0 }?.oldestDueSeconds ?? 0
        }
    }

    /// Looks again and again until cancelled. While the database is away the last numbers stay.
    func run() async {
        repeat {
            if let counts = try? await JobQueue.counts(in: database) { latest.withLock { $0 = counts } }
        } while (try? await Task.sleep(for: Self.pause)) != nil
    }
}
