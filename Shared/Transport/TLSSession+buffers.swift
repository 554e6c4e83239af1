internal import NIOCore
internal import TLS

// A session's four queues as NIO's buffers, for both ends of a connection.
extension TLSSession {
    /// Takes ciphertext from the peer in.
    func receive(_ bytes: ByteBuffer) throws(TLSFailure) {
        try bytes.withBytes { bytes throws(TLSFailure) in try receive(bytes) }
    }

    /// Encrypts plaintext; the ciphertext waits for `takeOutput`.
    func write(_ bytes: ByteBuffer) throws(TLSFailure) {
        try bytes.withBytes { bytes throws(TLSFailure) in try write(bytes) }
    }

    /// Appends all plaintext that there is.
    ///
    /// - Returns: whether the peer has said that nothing follows.
    func readAll(into plaintext: inout ByteBuffer) throws(TLSFailure) -> Bool {
        var last = TLSRead.wantsMore
        while hasInput {
            var failure: TLSFailure?
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: TLSLimits.recordBytesMax) { buffer in
                do throws(TLSFailure) { last = try read(buffer) } catch { failure = error }
                if failure == nil, case .bytes(let count) = last { return count }
                return 0
            }
            if let failure { throw failure }
            if last == .wantsMore || last == .closed { break }
        }
        return last == .closed
    }

    /// The ciphertext that waits to be sent.
    func takeOutput() -> ByteBuffer {
        var ciphertext = ByteBuffer()
        takeOutput { bytes in
            ciphertext = ByteBufferAllocator().buffer(capacity: bytes.count)
            ciphertext.writeBytes(bytes)
        }
        return ciphertext
    }
}

extension ByteBuffer {
    /// `withUnsafeReadableBytes` for bodies that throw a failure of TLS.
    fileprivate func withBytes(
        _ body: (UnsafeRawBufferPointer) throws(TLSFailure) -> Void
    ) throws(TLSFailure) {
        let result: Result<Void, TLSFailure> = withUnsafeReadableBytes { bytes in
            do throws(TLSFailure) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
