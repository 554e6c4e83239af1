import ArgumentParser
import Contract
import Gateway
import ServiceKit

/// Asks processes of this machine whether they are ready: the health check of containers.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask operators' ports whether their processes are ready; exit 1 if one is not, or none is there.")

    @Argument(help: "Whose port to ask; without it every part of the suite that runs on this machine.")
    var part: Serve.Part?

    @Option(help: "The operators' port, where it is not the one that the settings say.")
    var port: Int?

    @Option(help: "The address that it listens on, in digits.")
    var host: String?

    /// How long a process may take to answer.
    private static let timeoutSeconds = 3

    func run() throws {
        let settings = Settings.ofProcess()
        let host = host ?? loopback(settings(ProcessSettings.bindSetting))
        let ports = port.map { [$0] } ?? ports(settings)
        var statuses: [Int] = []
        var absent: OpsFault?
        for port in ports {
            do throws(OpsFault) {
                let (status, body) = try OpsClient.get(
                    "/readyz?verbose", host: host, port: port, timeoutSeconds: Self.timeoutSeconds)
                print(body, terminator: "")
                statuses.append(status)
            } catch {
                // Without a part only those are asked that run here.
                guard error.nobodyListens, part == nil else { throw error }
                absent = error
            }
        }
        if statuses.isEmpty, let absent { throw absent }
        if statuses.contains(where: { $0 != 200 }) { throw ExitCode(1) }
    }

    private func ports(_ settings: Settings) -> [Int] {
        ServiceName.allCases.filter { (part ?? .all).services.contains($0) }.map { SuiteSettings.opsPort($0, settings) }
    }

    /// The address to reach a listener at that binds every address.
    private func loopback(_ address: String) -> String {
        ["0.0.0.0", "::"].contains(address) ? "127.0.0.1" : address
    }
}
