internal import Foundation
internal import Synchronization

/// Ends what a test process has started when that process ends, however it does: a shell that waits for the end of a
/// pipe whose other end is here.
///
/// Not the kernel's death signal: that follows the thread that started a child, and threads of pools come and go.
final class Afterlife: Sendable {
    private let shell: ChildProcess
    private let processes = Mutex<Set<Int32>>([])

    /// - Parameters:
    ///   - folder: removed at the end.
    ///   - command: run at the end, after the processes were killed; empty for none.
    init(folder: String, command: [String] = []) throws {
        let script = """
            trap '' TERM INT HUP
            folder=$1; shift; processes=
            while read -r line; do processes=$line; done
            [ -z "$processes" ] || kill -KILL $processes 2>/dev/null
            [ $# -eq 0 ] || "$@" >/dev/null 2>&1
            rm -rf -- "$folder"
            """
        shell = try ChildProcess(["sh", "-c", script, "sh", folder] + command)
    }

    func add(_ process: ChildProcess) { change { $0.insert(process.identifier) } }

    func remove(_ process: ChildProcess) { change { $0.remove(process.identifier) } }

    /// Does now what the end of this process would do.
    func end() async {
        shell.endInput()
        await shell.wait()
    }

    /// The same, without waiting for it.
    func endSoon() { shell.endInput() }

    private func change(_ body: (inout Set<Int32>) -> Void) {
        processes.withLock { processes in
            body(&processes)
            shell.write(processes.map(String.init).joined(separator: " ") + "\n")
        }
    }
}
