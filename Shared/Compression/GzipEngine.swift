internal import CZlib
internal import NIOCore

/// gzip (RFC 1952) by zlib.
@safe final class GzipEngine: EncoderEngine {
    /// On the heap: zlib's own state points back to it.
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int, bytes: Int?) {
        let windowBits = (bytes ?? .max).windowBits(9...ContentEncoder.gzipWindowBitsMax)
        // As large as the window deserves: 8 is what zlib takes for its largest.
        let memoryLevel = Swift.max(1, windowBits - 7)
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let status = unsafe causeway_gzip_begin(stream, Int32(level), Int32(windowBits), Int32(memoryLevel))
        precondition(status == Z_OK, "zlib was given a wrong setting, or there is no memory")
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func encode(_ input: UnsafeRawBufferPointer, _ ending: ContentEncoder.Ending, into output: inout ByteBuffer) {
        let flush =
            switch ending {
            case .more: Z_NO_FLUSH
            case .flush: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        // zlib only reads it, but does not say so.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        unsafe stream.pointee.avail_in = UInt32(input.count)
        let room = Swift.max(512, input.count / 3)
        var isFull = true
        while isFull {
            unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(target.count)
                let status = unsafe deflate(stream, flush)
                // Without progress there is nothing left to do, as after a flush that just fitted.
                precondition(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR, "the stream is sound")
                isFull = unsafe stream.pointee.avail_out == 0
                return unsafe target.count - Int(stream.pointee.avail_out)
            }
        }
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
    }
}
