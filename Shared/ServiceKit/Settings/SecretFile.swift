internal import Glibc

/// Files whose content nobody else should see or choose.
package enum SecretFile {
    /// The text of the file, and what is doubtful about who else may read it.
    ///
    /// Whoever may write a secret chooses it, so a file that others may write is refused. One that others may read is
    /// only told: orchestrators mount secrets that way, in a file system that nobody else sees.
    package static func read(_ path: String) throws(FileFault) -> (text: String, doubt: String?) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw FileFault(path: path, doing: "read", code: errno) }
        let text = try TextFile.read(path)
        if facts.st_mode & (S_IWGRP | S_IWOTH) != 0 {
            throw FileFault(path: path, trouble: "others may write it: chmod go-w it")
        }
        let isExposed = facts.st_mode & S_IROTH != 0
        return (text, isExposed ? "\(path) can be read by everyone on this machine: chmod o-r it." : nil)
    }
}
