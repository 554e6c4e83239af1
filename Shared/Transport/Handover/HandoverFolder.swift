internal import Glibc

/// The folder in which a process that listens can be found by its successor. Whoever may enter it may take the sockets,
/// so only its owner may.
struct HandoverFolder: Sendable {
    let path: String

    var socketPath: String { path + "/handover.sock" }

    /// Makes it where it is missing.
    func check() throws(HandoverFault) {
        guard socketPath.utf8.count + Self.suffixBytesMax < Self.pathBytesMax else {
            throw fault("its path is too long")
        }
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw fault(String(cString: strerror(errno))) }
        var found = stat()
        guard lstat(path, &found) == 0 else { throw fault(String(cString: strerror(errno))) }
        guard found.st_mode & S_IFMT == S_IFDIR else { throw fault("it is no folder") }
        guard found.st_uid == geteuid() else { throw fault("it belongs to another user") }
        guard found.st_mode & 0o077 == 0 else { throw fault("others may enter it; chmod 700 \(path)") }
    }

    /// What `sun_path` holds.
    private static let pathBytesMax = 108
    /// A dot and the number of a process.
    private static let suffixBytesMax = 12

    private func fault(_ reason: String) -> HandoverFault { .folder(path: path, reason: reason) }
}
