internal import Glibc

/// Small text files: settings and keys.
package enum TextFile {
    /// The largest file that is read, in bytes.
    package static let bytesMax = 64 * 1024

    /// The text of the file at `path` without white space at its end.
    package static func read(_ path: String) throws(FileFault) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFault(path: path, doing: "read", code: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        var count = 0
        while count < bytesMax {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, bytesMax - count)
            }
            guard got >= 0 else { throw FileFault(path: path, doing: "read", code: errno) }
            guard got > 0 else { break }
            count += got
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw FileFault(path: path, doing: "read as UTF-8", code: EILSEQ)
        }
        return String(text.reversed().drop { $0.isWhitespace }.reversed())
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

    /// Writes a file that only its owner can read, in place of one that may be there; readers see the old one or the
    /// new.
    package static func replace(_ path: String, _ text: String) throws(FileFault) {
        let temporary = try writeTemporary(path, text, mode: 0o600)
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
    package let doing: String
    package let code: Int32

    package var description: String {
        "cannot \(doing) \(path): \(String(cString: strerror(code)))"
    }
}
