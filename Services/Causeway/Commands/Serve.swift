import ArgumentParser
import Contract
import Gateway
import Glibc
import Logging
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

        /// What of the suite runs in such a process.
        var services: Set<ServiceName> {
            switch self {
            case .gateway: [.gateway]
            case .auth: [.auth]
            case .user: [.user]
            case .content: [.content]
            case .all: Set(ServiceName.allCases)
            }
        }
    }

    @Argument(help: "What to run.")
    var part: Part

    func run() async throws {
        // It asks to read the certificate again; one that comes before somebody listens must not end the process.
        signal(SIGHUP, SIG_IGN)
        DescriptorLimit.raise()
        do {
            let conflicts = Suite.conflicts
            guard conflicts.isEmpty else {
                throw StartFault(
                    "The contracts contradict each other:\n" + conflicts.map { "  - \($0)" }.joined(separator: "\n"))
            }
            let settings = Settings.ofProcess()
            SuiteSettings.read(settings, for: part)
            if part.singles.contains(.gateway) {
                let keys = KeysDirectory(path: settings(ProcessSettings.keysSetting))
                CertificateStore.check(GatewayConfiguration(settings).certificateDirectory ?? keys, settings)
            }
            if part == .all, !GatewayConfiguration(settings).handoverFolder.isEmpty {
                settings.refuse(
                    "\(GatewayConfiguration.handoverVariable) is for a gateway in a process of its own: the ports of "
                        + "the services are not handed over.")
            }
            try settings.begin(needs: part.needs)
            let assembly = try Assembly(part, settings: settings)
            for warning in settings.warnings { assembly.telemetry.logger.warning("\(warning)") }
            let services = try await assembly.services(part).map { service in
                // A gateway that has handed its ports over ends its process.
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: service,
                    successTerminationBehavior: service is Gateway ? .gracefullyShutdownGroup : .cancelGroup)
            }
            let group = ServiceGroup(
                configuration: .init(
                    services: services, gracefulShutdownSignals: [.sigterm, .sigint],
                    logger: assembly.telemetry.logger))
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
        let eviction = RedisEviction(configuration: servers.redis, loops: loops, logger: telemetry.logger)
        return try await [eviction] + parts(part)
    }

    private func parts(_ part: Serve.Part) async throws -> [any Service] {
        switch part {
        case .auth: try await auth() + [noReload]
        case .user: try await user() + [noReload]
        case .content: try await content() + [noReload]
        case .gateway: try await gateway()
        // The order is that of start; a stop goes the other way, so that the gateway drains first.
        case .all: try await auth() + user() + content() + gateway()
        }
    }
}
