import ArgumentParser
import Contract
import Ledger
import Postgres
import Primitives

extension EventsCommand {
    /// Sends events once more.
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events once more. Consumers that know them change nothing, but with --again.")

        @Option(help: "This event.")
        var id: String?

        @Option(help: "Events of this topic.")
        var topic: String?

        @Option(help: "Events of this time or later, as 2026-01-31T12:00:00Z.")
        var since: String?

        @Option(help: "The consumer that --again is about: auth, user or content.")
        var consumer: String?

        @Flag(help: "Let them take effect once more in the consumer, or for the first time where it put them aside.")
        var again = false

        func validate() throws {
            guard id != nil || topic != nil || since != nil else {
                throw ValidationError("Say which: --id, --topic or --since.")
            }
            guard again == (consumer != nil) else { throw ValidationError("--again and --consumer go together.") }
            if let id, EventID(id) == nil { throw ValidationError("--id is not an event's id.") }
            if let since, Timestamp(since) == nil { throw ValidationError("--since is not a time.") }
        }

        func run() async throws {
            try await EventDatabases.use { databases in
                let inbox = again ? try await databases.inboxes(of: consumer).first?.database : nil
                var found = 0
                for (_, outbox) in try await databases.outboxes() {
                    var last = 0
                    while let rows = try await rows(after: last, in: outbox), let end = rows.last?.sequence {
                        // Forgotten first: a replay must not meet what is known still.
                        if let inbox { _ = try await Inbox.forget(rows.map(\.id), in: inbox) }
                        _ = try await Outbox.resend(rows.map(\.sequence), in: outbox)
                        found += rows.count
                        last = end
                    }
                }
                print("\(found) events are sent again.")
                if found == 0 { throw ExitCode(1) }
            }
        }

        private func rows(after sequence: Int, in outbox: Database) async throws -> [Outbox.Row]? {
            if let id = id.flatMap(EventID.init) {
                guard let row = try await Outbox.row(id, in: outbox), row.sequence > sequence else { return nil }
                return [row]
            }
            return try await Outbox.page(
                after: sequence, topic: topic, since: since.flatMap(Timestamp.init), in: outbox)
        }
    }
}
