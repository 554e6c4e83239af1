internal import Foundation

/// A file system of a few megabytes, to be filled up. Only root may mount one; it goes with the last reference.
package final class SmallDisk: Sendable {
    /// Whether this process may make one.
    package static var isPossible: Bool { getuid() == 0 }
    package static let reason = "a small disk is a tmpfs, which only root may mount"

    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package let path: String
    private let afterlife: Afterlife

    /// - Parameter path: a folder that is made.
    package init(_ path: String, megabytes: Int) async throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let outcome = try await ChildProcess.run(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        guard outcome.status == 0 else { throw Fault(description: outcome.errorText) }
        afterlife = try Afterlife(folder: path, command: ["umount", "-l", path])
    }

    deinit { afterlife.endSoon() }

    private var ballast: String { path + "/ballast" }

    /// Takes all the room that is left.
    package func fill() async throws {
        let outcome = try await ChildProcess.run(["dd", "if=/dev/zero", "of=\(ballast)", "bs=4k"])
        guard outcome.errorText.contains("No space left") else { throw Fault(description: outcome.errorText) }
    }

    package func makeRoom() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }
}
