internal import COpenSSL

/// OpenSSL's view of a session's two queues: a BIO that reads from the one and writes to the other.
enum CiphertextBIO {
    // Safe to share: made once, never changed or freed.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ciphertext") else {
            return nil
        }
        unsafe BIO_meth_set_read(method, readCiphertext)
        unsafe BIO_meth_set_write(method, writeCiphertext)
        unsafe BIO_meth_set_ctrl(method, controlCiphertext)
        return unsafe method
    }()

    /// A BIO for `session`, which must outlive it.
    static func make(for session: TLSSession) -> OpaquePointer? {
        guard let method = unsafe method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }
}

private func readCiphertext(bio: OpaquePointer?, target: UnsafeMutablePointer<CChar>?, capacity: Int32) -> Int32 {
    guard let object = unsafe BIO_get_data(bio), let target = unsafe target, capacity > 0 else { return 0 }
    let session = unsafe Unmanaged<TLSSession>.fromOpaque(object).takeUnretainedValue()
    unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    let taken = unsafe session.input.take(into: UnsafeMutableRawBufferPointer(start: target, count: Int(capacity)))
    if taken > 0 { return Int32(taken) }
    // Nothing there is "try again", never "end of file": the session's owner alone knows when the peer has gone.
    unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    return -1
}

private func writeCiphertext(bio: OpaquePointer?, source: UnsafePointer<CChar>?, length: Int32) -> Int32 {
    guard let object = unsafe BIO_get_data(bio), let source = unsafe source, length > 0 else { return 0 }
    let session = unsafe Unmanaged<TLSSession>.fromOpaque(object).takeUnretainedValue()
    unsafe session.enqueueOutput(UnsafeRawBufferPointer(start: source, count: Int(length)))
    return length
}

private func controlCiphertext(
    bio: OpaquePointer?, command: Int32, value: Int, argument: UnsafeMutableRawPointer?
) -> Int {
    command == BIO_CTRL_FLUSH ? 1 : 0
}
