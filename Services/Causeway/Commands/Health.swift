import ArgumentParser

/// Asks a process of this machine whether it is ready: the health check of containers.
struct Health: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask an operators' port whether its process is ready; exit 1 if it is not.")

    @Option(help: "The operators' port.")
    var port: Int

    @Option(help: "The address that it listens on, in digits.")
    var host = "127.0.0.1"

    func run() throws {
        let (status, body) = try OpsClient.get("/readyz?verbose", host: host, port: port, timeoutSeconds: 3)
        print(body, terminator: "")
        if status != 200 { throw ExitCode(1) }
    }
}
