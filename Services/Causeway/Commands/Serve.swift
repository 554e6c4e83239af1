import ArgumentParser
import Contract
import Protocol
import ServiceKit
import ServiceLifecycle
import Transport
import UnixSignals

/// Runs one part of the suite, or all of it.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway, one service, or all of them in this process, until SIGTERM.")

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case gateway, auth, user, content, all
    }

    @Argument(help: "What to run.")
    var part: Part

    func run() async throws {
        do {
            let conflicts = Suite.conflicts
            guard conflicts.isEmpty else {
                throw StartFault(
                    "The contracts contradict each other:\n" + conflicts.map { "  - \($0)" }.joined(separator: "\n"))
            }
            let settings = Settings.ofProcess()
            SuiteSettings.read(settings, for: part)
            let assembly = try Assembly(name: part.rawValue, settings: settings)
            let group = ServiceGroup(
                services: try await assembly.services(part), gracefulShutdownSignals: [.sigterm, .sigint],
                logger: assembly.telemetry.logger)
            try await group.run()
            await assembly.loops.shutdown()
        } catch {
            printError("causeway serve \(part.rawValue): \(error)")
            throw ExitCode(1)
        }
    }
}

extension Assembly {
    fileprivate func services(_ part: Serve.Part) async throws -> [any Service] {
        switch part {
        case .auth: try await auth()
        case .user: try await user()
        case .content: try await content()
        case .gateway: try await gateway()
        // The order is that of start; a stop goes the other way, so that the gateway drains first.
        case .all: try await auth() + user() + content() + gateway()
        }
    }
}
