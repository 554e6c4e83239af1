internal import CBrotli
internal import NIOCore

/// Brotli (RFC 7932).
@safe final class BrotliEngine: EncoderEngine {
    private let state: OpaquePointer

    init(quality: Int, bytes: Int?) {
        guard let state = unsafe BrotliEncoderCreateInstance(nil, nil, nil) else {
            preconditionFailure("there is no memory")
        }
        unsafe self.state = state
        // A window has 16 bytes less than a power of two.
        let windowBits = bytes.map { $0 + 16 } ?? .max
        let bits = windowBits.windowBits(10...ContentEncoder.brotliWindowBitsMax)
        unsafe BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, UInt32(quality))
        unsafe BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, UInt32(bits))
        if let bytes {
            unsafe BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, UInt32(clamping: bytes))
        }
    }

    deinit { unsafe BrotliEncoderDestroyInstance(state) }

    func encode(_ input: UnsafeRawBufferPointer, _ ending: ContentEncoder.Ending, into output: inout ByteBuffer) {
        let operation =
            switch ending {
            case .more: BROTLI_OPERATION_PROCESS
            case .flush: BROTLI_OPERATION_FLUSH
            case .end: BROTLI_OPERATION_FINISH
            }
        var left = input.count
        var next = unsafe input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        repeat {
            var none = 0
            let isSound = unsafe BrotliEncoderCompressStream(state, operation, &left, &next, &none, nil, nil)
            precondition(isSound != 0, "the stream is sound")
            takeOutput(&output)
        } while unsafe left > 0 || BrotliEncoderHasMoreOutput(state) != 0
    }

    /// Takes what the encoder holds: one copy, where a buffer of ours would make two.
    private func takeOutput(_ output: inout ByteBuffer) {
        while unsafe BrotliEncoderHasMoreOutput(state) != 0 {
            var count = 0
            guard let bytes = unsafe BrotliEncoderTakeOutput(state, &count), count > 0 else { return }
            unsafe output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }
}
