import ArgumentParser

/// The one executable of the suite.
@main
struct Causeway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "causeway",
        abstract: "A gateway in front of auth, user and content services.",
        subcommands: [
            Serve.self, Keys.self, Migrate.self, Seed.self, EventsCommand.self, Audit.self, OpenAPI.self, Health.self,
            Config.self,
            Doctor.self,
        ])
}
