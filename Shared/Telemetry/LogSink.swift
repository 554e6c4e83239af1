internal import Glibc
internal import Synchronization

/// Where whole log lines go. Each call gets one line with its newline.
package struct LogSink: Sendable {
    package let write: @Sendable ([UInt8]) -> Void

    package init(_ write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    package static let standardError = LogSink.descriptor(STDERR_FILENO)
    package static let standardOutput = LogSink.descriptor(STDOUT_FILENO)

    /// One write(2) for a line, so that lines of several processes on one pipe do not mix (POSIX promises it up to
    /// `PIPE_BUF`). The rest of a short write follows under a lock. A descriptor that refuses loses the line: a log
    /// never stops the service.
    package static func descriptor(_ descriptor: Int32) -> LogSink {
        let lock = Mutex(())
        return LogSink { line in
            lock.withLock { _ in
                line.withUnsafeBytes { bytes in
                    var at = 0
                    while at < bytes.count {
                        let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + at }, bytes.count - at)
                        if written > 0 { at += written } else if written == 0 || errno != EINTR { return }
                    }
                }
            }
        }
    }
}
