internal import Foundation
internal import Synchronization

/// A PostgreSQL server of a test's own, to be stopped, frozen and started again. Reached by the socket in `sockets`,
/// which lets everyone in. It ends with the test process, and then its folder is removed.
package final class TestPostgresServer: Sendable {
    package let port: Int
    /// The folder of the socket.
    package let sockets: String
    package let folder: String
    private let binaries: String
    private let afterlife: Afterlife
    private let server = Mutex<ChildProcess?>(nil)

    /// Settings beside the usual, as `ssl=on`.
    private let settings: [String]

    /// - Parameters:
    ///   - settings: of the server, as `ssl=on`; `listen_addresses=127.0.0.1` lets it be reached by its port too.
    ///   - makesCluster: options of `initdb`, given the folder.
    ///   - prepare: is called with the folder, which is there and empty.
    package static func make(
        settings: [String] = [], initdb makesCluster: @Sendable (String) -> [String] = { _ in [] },
        prepare: (String) async throws -> Void = { _ in }
    ) async throws -> TestPostgresServer {
        let server = try TestPostgresServer(settings)
        try await prepare(server.folder)
        try await server.createCluster(makesCluster(server.folder))
        try await server.start()
        return server
    }

    private init(_ settings: [String]) throws {
        self.settings = settings
        port = try FreePorts.take(1)[0]
        // A socket's path has at most 107 bytes.
        folder = "/tmp/causeway-postgres-\(ProcessInfo.processInfo.processIdentifier)-\(port)"
        sockets = folder
        afterlife = try Afterlife(folder: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let versions = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")
        guard let newest = versions.compactMap({ Int($0) }).max() else {
            throw TestPostgres.NotSetUp(description: "no server is installed in /usr/lib/postgresql")
        }
        binaries = "/usr/lib/postgresql/\(newest)/bin"
    }

    /// The server refuses to run as root, which becomes `postgres` for it.
    private var owner: [String] {
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : []
    }

    private func createCluster(_ options: [String]) async throws {
        if getuid() == 0 { _ = try await ChildProcess.run(["chown", "-R", "postgres:", folder]) }
        let outcome = try await ChildProcess.run(
            owner + [
                "\(binaries)/initdb", "--pgdata=\(folder)/data", "--username=postgres", "--auth=trust",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
            ] + options)
        guard outcome.status == 0 else { throw TestPostgres.NotSetUp(description: outcome.errorText) }
    }

    /// Starts it again after `stop`, and waits until it answers.
    package func start() async throws {
        // The postmaster may only start in a folder that it may enter.
        let command =
            ["env", "-C", folder] + owner + [
                "\(binaries)/postgres", "-D", "\(folder)/data", "-p", String(port), "-k", folder, "-c",
                "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c",
                "dynamic_shared_memory_type=mmap", "-c", "log_min_messages=warning",
            ] + settings.flatMap { ["-c", $0] }
        let process = try ChildProcess(command, errors: "\(folder)/log")
        afterlife.add(process)
        server.withLock { $0 = process }
        try await eventually {
            try await ChildProcess.run(["\(binaries)/pg_isready", "-q", "-h", sockets, "-p", String(port)]).status == 0
        }
    }

    /// Ends it at once, with every connection: what remains is recovered by the next start.
    package func stop() async {
        guard let process = server.withLock({ $0 }) else { return }
        await process.stop(signal: SIGQUIT)
        afterlife.remove(process)
        server.withLock { $0 = nil }
    }

    /// Ends the postmaster and every backend without a warning, as a machine that runs out of memory does.
    package func kill() async throws {
        guard let process = server.withLock({ $0 }) else { return }
        let backends = try await ChildProcess.run(["pgrep", "-P", String(process.identifier)]).text
            .split(separator: "\n").map(String.init)
        await process.stop(signal: SIGKILL)
        afterlife.remove(process)
        server.withLock { $0 = nil }
        // A backend that notices late would keep the next postmaster from the shared memory.
        if !backends.isEmpty { _ = try await ChildProcess.run(["kill", "-KILL"] + backends) }
    }

    /// Ends one backend without a warning: the postmaster then ends all others and recovers.
    package func killBackend() async throws {
        guard let postmaster = server.withLock({ $0?.identifier }) else { return }
        _ = try await ChildProcess.run(["pkill", "-KILL", "-n", "-P", String(postmaster), "-f", "_app"])
    }

    /// It keeps its connections and answers nothing, until `thaw`.
    package func freeze() async throws { try await signalAll("STOP") }

    package func thaw() async throws { try await signalAll("CONT") }

    /// Each connection has a process of its own. The one that starts them comes first, so that it starts none which
    /// goes on.
    private func signalAll(_ name: String) async throws {
        guard let postmaster = server.withLock({ $0?.identifier }) else { return }
        _ = try await ChildProcess.run(["kill", "-\(name)", String(postmaster)])
        _ = try await ChildProcess.run(["pkill", "-\(name)", "-P", String(postmaster)])
    }

    deinit {
        // The shell ends it, since nobody can wait here.
        afterlife.endSoon()
    }
}
