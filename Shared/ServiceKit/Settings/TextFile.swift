internal import Glibc

/// Small text files: settings and keys.
package enum TextFile {
    /// The largest file that is read, in bytes.
    package static let bytesMax = 64 * 1024

    /// The text of the file at `path` without white space at its end.
    package static func read(_ path: String) throws(FileFault) -> String {
        guard let text = String(validating: try bytes(path, atMost: bytesMax), as: UTF8.self) else {
            throw FileFault(path: path, doing: "read as UTF-8", code: EILSEQ)
        }
        return String(text.reversed().drop { $0.isWhitespace }.reversed())
    }

    static func bytes(_ path: String, atMost bytesMax: Int) throws(FileFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, doing: "read", code: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw FileFault(path: path, doing: "read", code: errno) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                throw FileFault(path: path, trouble: "it has more than \(bytesMax) bytes")
            }
        }
    }

    /// Writes a new file that only its owner can read; a file that is there already is left alone.
    ///
    /// - Returns: whether the file was written.
    @discardableResult
    package static func create(_ path: String, _ text: String, mode: UInt32 = 0o600) throws(FileFault) -> Bool {
        let temporary = try writeTemporary(path, text, mode: mode)
        defer { unlink(temporary) }
        // A link fails where the name exists, so that two processes that start together agree on one file.
        if link(temporary, path) == 0 { return true }
        guard errno == EEXIST else { throw FileFault(path: path, doing: "write", code: errno) }
        return false
    }

    /// Writes a file, which only its owner can read unless `mode` says otherwise, in place of one that may be there;
    /// readers see the old one or the new.
    package static func replace(_ path: String, _ text: String, mode: UInt32 = 0o600) throws(FileFault) {
        let temporary = try writeTemporary(path, text, mode: mode)
        guard rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw FileFault(path: path, doing: "write", code: code)
        }
    }

    /// - Returns: the path of the file that was written, beside `path`.
    private static func writeTemporary(_ path: String, _ text: String, mode: UInt32) throws(FileFault) -> String {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileFault(path: temporary, doing: "write", code: errno) }
        let bytes = Array(text.utf8)
        let written = write(descriptor, bytes, bytes.count)
        let code = errno
        fsync(descriptor)
        close(descriptor)
        guard written == bytes.count else {
            unlink(temporary)
            throw FileFault(path: path, doing: "write", code: code)
        }
        return temporary
    }

    package static func makeDirectory(_ path: String) throws(FileFault) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw FileFault(path: path, doing: "make", code: errno) }
    }

    package static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }
}

/// Why a file could not be used.
package struct FileFault: Error, CustomStringConvertible {
    package let path: String
    package let description: String

    package init(path: String, doing: String, code: Int32) {
        self.path = path
        description = "cannot \(doing) \(path): \(String(cString: strerror(code)))"
    }

    /// - Parameter trouble: what is wrong with the file, in words.
    package init(path: String, trouble: String) {
        self.path = path
        description = "cannot use \(path): \(trouble)"
    }
}
