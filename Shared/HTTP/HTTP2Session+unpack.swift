internal import CNghttp2

// What goes before the library: header blocks are unpacked where they come in one piece.
extension HTTP2Session {
    /// What the largest frame may carry that the library takes: SETTINGS_MAX_FRAME_SIZE is what it is where nothing is
    /// said.
    private static let frameBytesMax = 16384
    /// What stands before the block where a frame has a priority (section 6.2).
    private static let priorityBytes = 5

    /// Gives the bytes to the library.
    ///
    /// - Returns: how many it was given, which are more where a block was unpacked; negative is its error.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Int {
        var (given, fed) = (0, 0)
        while !isTerminated, let found = unsafe cutter.nextHeaders(bytes) {
            let frame = unsafe UnsafeRawBufferPointer(rebasing: bytes[found])
            let room = Self.frameHeaderBytes + HeaderBlock.room(for: frame.count)
            unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { unpacked in
                guard let start = unpacked.baseAddress, let count = unsafe unpack(frame, to: start) else { return }
                unsafe give(UnsafeRawBufferPointer(rebasing: bytes[fed..<found.lowerBound]), &given)
                unsafe give(UnsafeRawBufferPointer(start: start, count: count), &given)
                fed = found.upperBound
            }
            guard given >= 0 else { return given }
        }
        unsafe give(UnsafeRawBufferPointer(rebasing: bytes[fed...]), &given)
        return given
    }

    /// - Parameter given: all bytes that were given so far, or the library's error.
    private func give(_ bytes: UnsafeRawBufferPointer, _ given: inout Int) {
        guard bytes.count > 0, given >= 0, !isTerminated else { return }
        let result = unsafe nghttp2_session_mem_recv(
            handle, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        given = result < 0 ? result : given + result
    }

    /// Writes a HEADERS frame with its block unpacked.
    ///
    /// - Returns: its length; nil where it is to go as it is.
    private func unpack(_ frame: UnsafeRawBufferPointer, to unpacked: UnsafeMutableRawPointer) -> Int? {
        guard let start = frame.baseAddress else { return nil }
        let flags = unsafe UInt32(frame[4])
        let before = Self.frameHeaderBytes + (flags & NGHTTP2_FLAG_PRIORITY.rawValue != 0 ? Self.priorityBytes : 0)
        guard flags & NGHTTP2_FLAG_PADDED.rawValue == 0, before <= frame.count,
            frame.count <= Self.frameHeaderBytes + Self.frameBytesMax
        else { return nil }
        let block = unsafe UnsafeRawBufferPointer(rebasing: frame[before...])
        guard let count = unsafe HeaderBlock.unpack(block, to: unpacked + before, &recentString) else { return nil }
        let length = before - Self.frameHeaderBytes + count
        guard length <= Self.frameBytesMax else { return nil }
        unsafe unpacked.copyMemory(from: start, byteCount: before)
        for (at, shift) in [(0, 16), (1, 8), (2, 0)] {
            unsafe unpacked.storeBytes(of: UInt8(truncatingIfNeeded: length >> shift), toByteOffset: at, as: UInt8.self)
        }
        return Self.frameHeaderBytes + length
    }
}
