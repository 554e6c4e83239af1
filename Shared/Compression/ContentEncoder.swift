package import NIOCore

/// Makes one body shorter, piece by piece.
///
/// It holds some hundred KiB while it lives, less for bodies that are known to be short; whoever keeps one across
/// suspensions counts how many there are.
package final class ContentEncoder {
    /// What is to be read of a piece at once.
    package enum Ending: Sendable {
        /// Nothing: it may wait for the next piece.
        case more
        /// All of it: the other side waits.
        case flush
        /// All of it, and it was the last.
        case end
    }

    /// Of the window that later bytes may refer back to, in bits: 128 KiB for Brotli, 32 KiB for gzip.
    static let brotliWindowBitsMax = 17
    static let gzipWindowBitsMax = 15

    private let engine: any EncoderEngine

    /// - Parameter bytes: of the whole body, nil where that is not known.
    package init(_ coding: ContentCoding, _ quality: CompressionQuality = CompressionQuality(), bytes: Int? = nil) {
        engine =
            switch coding {
            case .brotli: BrotliEngine(quality: quality.brotli, bytes: bytes)
            case .gzip: GzipEngine(level: quality.gzip, bytes: bytes)
            }
    }

    /// What is to be sent by now; may be empty unless something is ended or flushed.
    package func encode(_ piece: ByteBuffer, _ ending: Ending) -> ByteBuffer {
        var output = ByteBuffer()
        unsafe piece.withUnsafeReadableBytes { unsafe engine.encode($0, ending, into: &output) }
        return output
    }

    /// A whole body.
    package static func encode(
        _ body: ByteBuffer, _ coding: ContentCoding, _ quality: CompressionQuality = CompressionQuality()
    ) -> ByteBuffer {
        ContentEncoder(coding, quality, bytes: body.readableBytes).encode(body, .end)
    }
}

protocol EncoderEngine: AnyObject {
    func encode(_ input: UnsafeRawBufferPointer, _ ending: ContentEncoder.Ending, into output: inout ByteBuffer)
}

extension Int {
    /// The bits of the smallest window that holds a body of this many bytes, within bounds.
    func windowBits(_ bounds: ClosedRange<Int>) -> Int {
        let bits = Int.bitWidth - Swift.max(self, 1).leadingZeroBitCount
        return Swift.min(Swift.max(bits, bounds.lowerBound), bounds.upperBound)
    }
}
