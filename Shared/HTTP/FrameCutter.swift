internal import CNghttp2

/// Finds the frames of a connection in bytes as they come (RFC 9113, section 4.1).
struct FrameCutter {
    /// Bytes that are no frame's header: of the client's preface, or of a frame that has begun.
    private var skipped: Int
    /// Of a header that came in parts: how much of it, and what it says of the length.
    private var headerBytes = 0
    private var length = 0
    /// Where the bytes of now have been looked at up to.
    private var at = 0

    init(prefaceBytes: Int) { skipped = prefaceBytes }

    /// The next frame of a whole header block that these bytes hold in one piece. Nil when there is no other; the next
    /// call is then for the bytes after these.
    mutating func nextHeaders(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        while at < bytes.count {
            if skipped > 0 {
                let count = min(skipped, bytes.count - at)
                skipped -= count
                at += count
            } else if headerBytes > 0 || bytes.count - at < HTTP2Session.frameHeaderBytes {
                unsafe takePart(bytes[at])
                at += 1
            } else {
                let length = unsafe Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
                let (type, flags) = unsafe (UInt32(bytes[at + 3]), UInt32(bytes[at + 4]))
                let frame = at..<at + HTTP2Session.frameHeaderBytes + length
                at = min(frame.upperBound, bytes.count)
                skipped = frame.upperBound - at
                if skipped == 0, type == NGHTTP2_HEADERS.rawValue, flags & NGHTTP2_FLAG_END_HEADERS.rawValue != 0 {
                    return frame
                }
            }
        }
        at = 0
        return nil
    }

    private mutating func takePart(_ byte: UInt8) {
        if headerBytes < 3 { length = length << 8 | Int(byte) }
        headerBytes += 1
        guard headerBytes == HTTP2Session.frameHeaderBytes else { return }
        (skipped, headerBytes, length) = (length, 0, 0)
    }
}
