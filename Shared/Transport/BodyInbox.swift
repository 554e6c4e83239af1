internal import NIOCore

/// Body bytes that have come and not been read. Bounded by the window that the peer was given.
struct BodyInbox {
    private var buffer: ByteBuffer?
    private(set) var failure: BodyFailure?
    var isEnded = false
    /// All bytes that ever came.
    private(set) var receivedBytes = 0
    /// Made by the first reader that has to wait.
    var signal: LoopSignal?

    var bufferedBytes: Int { buffer?.readableBytes ?? 0 }
    var isAwaited: Bool { signal?.isAwaited ?? false }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        receivedBytes += bytes.count
        if buffer == nil { buffer = ByteBufferAllocator().buffer(capacity: bytes.count) }
        buffer?.writeBytes(bytes)
        signal?.fire()
    }

    mutating func append(_ bytes: ByteBuffer) {
        receivedBytes += bytes.readableBytes
        if buffer == nil { buffer = bytes } else { buffer?.writeImmutableBuffer(bytes) }
        signal?.fire()
    }

    mutating func end() {
        isEnded = true
        signal?.fire()
    }

    mutating func fail(_ failure: BodyFailure) {
        guard self.failure == nil else { return }
        // A body that is complete stays readable, whatever becomes of the connection.
        guard !isEnded else { return }
        self.failure = failure
        buffer = nil
        signal?.fire()
    }

    /// What has come, all of it; nil when nothing is there.
    mutating func take() -> ByteBuffer? {
        guard let bytes = buffer, bytes.readableBytes > 0 else { return nil }
        buffer = nil
        return bytes
    }
}
