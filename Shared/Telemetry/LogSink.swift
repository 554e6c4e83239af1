internal import Glibc
internal import Synchronization

/// Where whole log lines go. Each call gets one line or several, each with its newline.
package struct LogSink: Sendable {
    package let write: @Sendable ([UInt8]) -> Void

    package init(_ write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    package static let standardError = LogSink.descriptor(STDERR_FILENO)
    package static let standardOutput = LogSink.descriptor(STDOUT_FILENO)

    /// One write(2) for as many whole lines as `PIPE_BUF` holds, so that lines of several processes on one pipe do not
    /// mix (POSIX promises it up to that size); a file takes all of them at once. The rest of a short write follows
    /// under a lock. A descriptor that refuses loses lines: a log never stops the service.
    package static func descriptor(_ descriptor: Int32) -> LogSink {
        let lock = Mutex(())
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        let togetherMax = isFile ? Int.max : Int(PIPE_BUF)
        return LogSink { lines in
            lock.withLock { _ in
                lines.withUnsafeBytes { bytes in
                    var rest = bytes[...]
                    while !rest.isEmpty {
                        let end = endOfLines(rest, bytesMax: togetherMax)
                        guard writeAll(rest[..<end], to: descriptor) else { return }
                        rest = rest[end...]
                    }
                }
            }
        }
    }

    /// Behind the last line that fits; the first one does, however long it is.
    private static func endOfLines(_ bytes: Slice<UnsafeRawBufferPointer>, bytesMax: Int) -> Int {
        guard bytes.count > bytesMax else { return bytes.endIndex }
        let newline = UInt8(ascii: "\n")
        let fitting = bytes.prefix(bytesMax).lastIndex(of: newline) ?? bytes.firstIndex(of: newline)
        return fitting.map { $0 + 1 } ?? bytes.endIndex
    }

    private static func writeAll(_ slice: Slice<UnsafeRawBufferPointer>, to descriptor: Int32) -> Bool {
        let bytes = UnsafeRawBufferPointer(rebasing: slice)
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + at }, bytes.count - at)
            if written > 0 { at += written } else if written == 0 || errno != EINTR { return false }
        }
        return true
    }
}
