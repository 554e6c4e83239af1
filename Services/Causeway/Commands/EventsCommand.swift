import ArgumentParser
import Contract
import Ledger
import Primitives

/// What an operator does with events. Needs PostgreSQL only.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "List and replay what services told each other.",
        subcommands: [List.self, Dead.self, Replay.self])

    /// The newest events of the outboxes.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest events of each producer, 200 at most, and how many wait.")

        @Option(help: "Of this topic only.")
        var topic: String?

        func run() async throws {
            try await EventDatabases.use { databases in
                for (service, database) in try await databases.outboxes() {
                    for row in try await Outbox.newest(of: topic, in: database).reversed() {
                        print("\(row.createdAt)  \(service.rawValue)  \(row.sequence)  \(row.line)")
                    }
                    for count in try await Outbox.counts(in: database) where topic == nil || topic == count.topic {
                        printError(
                            "\(service.rawValue) \(count.topic): \(count.unsent) unsent, \(count.unconfirmed) "
                                + "unconfirmed, the oldest for \(Int(count.oldestSeconds)) s")
                    }
                }
            }
        }
    }

    /// What consumers have put aside.
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the newest events that each consumer has put aside, 200 at most, and why.")

        @Option(help: "Of this topic only.")
        var topic: String?

        @Option(help: "Of this consumer only: auth, user or content.")
        var consumer: String?

        func run() async throws {
            try await EventDatabases.use { databases in
                for (service, database) in try await databases.inboxes(of: consumer) {
                    for event in try await Inbox.dead(topic: topic, in: database).reversed() {
                        let subject = "\(event.id)  \(event.topic) \(event.version)  \(event.key)"
                        print("\(event.receivedAt)  \(service.rawValue)  \(subject)  \(event.reason)")
                    }
                }
            }
        }
    }
}

extension Outbox.Row {
    fileprivate var line: String { "\(id)  \(topic) \(version)  \(key)  \(stage.rawValue)" }
}
