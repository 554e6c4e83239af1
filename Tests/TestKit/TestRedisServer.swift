internal import Foundation
internal import Synchronization

/// A Redis server of a test's own, to be stopped, frozen and started again. It stops with the last reference.
package final class TestRedisServer: Sendable {
    package let port: Int
    package let unixPath: String
    private let folder: URL
    private let arguments: [String]
    /// A server, and the shell that kills it when this process ends without stopping it: the shell reads from a pipe
    /// whose other end is here.
    private struct Running {
        let server: pid_t
        let watcher: pid_t
        let pipe: Int32
    }

    /// Started and awaited by system calls and not by `Process`, whose waiting needs the run loop of the thread that
    /// started it.
    private let running = Mutex<Running?>(nil)

    /// One at a time, so that no other child inherits the end of a pipe before it is marked as not to be inherited.
    private static let spawning = Mutex<Void>(())

    /// Starts a server on a free port and waits until it answers.
    ///
    /// - Parameter keepsData: Whether what it holds outlives a `stop` (each write goes to disk first).
    package init(keepsData: Bool = false, extra: [String] = []) throws {
        port = try FreePorts.take(1)[0]
        folder = FileManager.default.temporaryDirectory.appending(path: "causeway-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        unixPath = folder.appending(path: "socket").path
        arguments =
            [
                "--port", String(port), "--bind", "127.0.0.1", "--unixsocket", unixPath, "--daemonize", "no",
                "--save", "", "--dir", folder.path, "--logfile", folder.appending(path: "log").path,
                "--appendonly", keepsData ? "yes" : "no", "--appendfsync", "always",
            ] + extra
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts the server again after `stop`.
    package func start() throws {
        let processes = try Self.spawning.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw TestRedisFault("no pipe") }
            defer { close(ends[0]) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            let server = try Self.spawn("/usr/bin/redis-server", arguments)
            let end = "read line; kill -9 \(server); rm -rf -- '\(folder.path)'"
            let watcher = try Self.spawn("/bin/sh", ["-c", end], standardInput: ends[0])
            return Running(server: server, watcher: watcher, pipe: ends[1])
        }
        running.withLock { $0 = processes }
        for _ in 0..<3000 {
            if Self.answers(port) { return }
            usleep(10_000)
        }
        stop()
        let log = try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
        throw TestRedisFault("redis-server did not start on port \(port): \(log ?? "no log")")
    }

    /// Kills the server and waits until it is gone.
    package func stop() {
        running.withLock { running in
            guard let processes = running else { return }
            for process in [processes.watcher, processes.server] {
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
            }
            close(processes.pipe)
            running = nil
        }
    }

    /// The server keeps its connections and answers nothing, until `thaw`.
    package func freeze() {
        running.withLock { _ = $0.map { kill($0.server, SIGSTOP) } }
    }

    package func thaw() {
        running.withLock { _ = $0.map { kill($0.server, SIGCONT) } }
    }

    private static func spawn(_ path: String, _ arguments: [String], standardInput: Int32? = nil) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads of tasks block signals; a server must not inherit that.
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        if let standardInput { posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO) }
        SpawnedDescriptors.closeOthers(&actions)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, path, &actions, &attributes, words, environ)
        guard error == 0 else { throw TestRedisFault("\(path): \(String(cString: strerror(error)))") }
        return pid
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// Whether the server answers a PING; while it loads its data it says something else.
    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port: port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return false }
        let ping = Array("PING\r\n".utf8)
        guard send(descriptor, ping, ping.count, Int32(MSG_NOSIGNAL)) == ping.count else { return false }
        var reply = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &reply, reply.count, 0)
        let text = String(decoding: reply.prefix(max(0, count)), as: UTF8.self)
        return text.hasPrefix("+PONG") || text.hasPrefix("-NOAUTH")
    }
}
