internal import Foundation
internal import Synchronization

/// A program that a test runs beside itself: a client that is not ours, or a server to test against.
///
/// Foundation's `Process` is not used: waiting for it spins on a thread that has no run loop, and on two cores that
/// starves the pool that every test shares. Here a thread of its own waits for each child.
package final class ChildProcess: Sendable {
    /// What a program that has ended leaves behind.
    package struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number where a signal ended it, 124 where its time was up.
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    package struct SpawnFault: Error, CustomStringConvertible {
        package let description: String
    }

    package let identifier: Int32
    /// The lines that the program prints, as they come; they end when it does.
    package let lines: AsyncStream<String>
    private let ended = Mutex<(status: Int32?, waiting: [CheckedContinuation<Int32, Never>])>((nil, []))
    /// Our end of its standard input; negative once it is closed.
    private let input: Mutex<Int32>

    /// The Python that set-up made for the tests.
    package static var python: String { ProcessInfo.processInfo.environment["CAUSEWAY_PYTHON"] ?? "python3" }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - arguments: the program, looked up in `PATH`, and its arguments.
    ///   - environment: added to this process's own.
    ///   - seconds: after which it is ended by force.
    package static func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:], seconds: Int = 60
    ) async throws -> Outcome {
        let source = try UnnamedFile(input)
        let output = try UnnamedFile()
        let errors = try UnnamedFile()
        let identifier = try spawning.withLock { _ in
            try spawn(
                ["timeout", "-k", "2", String(seconds)] + arguments, environment: environment,
                descriptors: [source.descriptor, output.descriptor, errors.descriptor])
        }
        let status = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: waitForEnd(identifier)) }
        }
        return Outcome(status: status, output: output.bytes, errors: errors.bytes)
    }

    /// Starts a program that goes on until `stop`; its standard input ends when this process does.
    package init(_ arguments: [String], environment: [String: String] = [:], errors: String = "/dev/null") throws {
        let errorFile = open(errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(errorFile) }
        let (input, output, identifier) = try Self.spawning.withLock { _ in
            let input = try Self.channel()
            let output = try Self.pipe()
            defer { for descriptor in [input[0], output[1]] { close(descriptor) } }
            let identifier = try Self.spawn(
                arguments, environment: environment, descriptors: [input[0], output[1], errorFile])
            return (input, output, identifier)
        }
        self.identifier = identifier
        let (lines, sink) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        self.input = Mutex(input[1])
        let reading = output[0]
        Thread.detachNewThread {
            Self.readLines(reading) { sink.yield($0) }
            let status = Self.waitForEnd(identifier)
            self.endInput()
            sink.finish()
            self.end(status)
        }
    }

    /// The next line; nil where the program has ended.
    package func nextLine() async -> String? {
        for await line in lines { return line }
        return nil
    }

    /// Writes to its standard input; nothing where that has ended.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        input.withLock { if $0 >= 0 { _ = Foundation.send($0, bytes, bytes.count, Int32(MSG_NOSIGNAL)) } }
    }

    /// Ends its standard input.
    package func endInput() {
        input.withLock { input in
            if input >= 0 { close(input) }
            input = -1
        }
    }

    package func send(signal: Int32) {
        ended.withLock { if $0.status == nil { _ = kill(identifier, signal) } }
    }

    package var hasEnded: Bool { ended.withLock { $0.status != nil } }

    /// Waits until the program has ended.
    @discardableResult
    package func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = ended.withLock { ended in
                if ended.status == nil { ended.waiting.append(continuation) }
                return ended.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Ends the program and waits until it has.
    @discardableResult
    package func stop(signal: Int32 = SIGTERM) async -> Int32 {
        send(signal: signal)
        return await wait()
    }

    private func end(_ status: Int32) {
        let waiting = ended.withLock { ended in
            ended.status = status
            return ended.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    private static func readLines(_ descriptor: Int32, _ receive: (String) -> Void) {
        defer { close(descriptor) }
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += chunk[..<count]
            while let end = rest.firstIndex(of: 0x0A) {
                receive(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeFirst(end + 1)
            }
        }
        if !rest.isEmpty { receive(String(decoding: rest, as: UTF8.self)) }
    }

    private static func waitForEnd(_ identifier: Int32) -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    /// One child at a time: another would inherit a pipe that is not yet marked to be closed, and hold it open.
    private static let spawning = Mutex(())

    private static func pipe() throws -> [Int32] {
        try ends { Foundation.pipe(&$0) }
    }

    /// A pair of sockets serves as a pipe that does not end its writer by a signal when its reader is gone.
    private static func channel() throws -> [Int32] {
        try ends { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &$0) }
    }

    private static func ends(_ make: (inout [Int32]) -> Int32) throws -> [Int32] {
        var ends: [Int32] = [0, 0]
        guard make(&ends) == 0 else {
            throw SpawnFault(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], descriptors: [Int32]
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
        }
        SpawnedDescriptors.closeOthers(&actions)
        // A thread of a pool may block signals, and children inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let merged = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let variables = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let words = arguments.map { strdup($0) } + [nil]
        defer { for pointer in variables + words { free(pointer) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, arguments[0], &actions, &attributes, words, variables)
        guard code == 0 else {
            throw SpawnFault(description: "cannot run \(arguments[0]): \(String(cString: strerror(code)))")
        }
        return identifier
    }
}

/// A file without a name, which needs nobody to drain it.
private final class UnnamedFile: Sendable {
    let descriptor: Int32

    init(_ bytes: [UInt8] = []) throws {
        let path = "\(NSTemporaryDirectory())/causeway-\(UUID().uuidString)"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        unlink(path)
        guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else {
            throw ChildProcess.SpawnFault(description: "no temporary file: \(String(cString: strerror(errno)))")
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }
}
