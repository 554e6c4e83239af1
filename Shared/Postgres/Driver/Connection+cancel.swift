internal import CPostgres
internal import Glibc

extension Connection {
    /// Asks the server to cancel what this connection runs. Only for a leased connection that is dropped right after.
    ///
    /// libpq 15 can only cancel by blocking on a connection of its own, so that a short-lived thread does it; there are
    /// never more of them than leases.
    func cancelRunning() {
        guard let handle = unsafe handle, !inFlight.isEmpty, let cancel = unsafe PQgetCancel(handle) else { return }
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, cancelThread, UnsafeMutableRawPointer(cancel)) == 0 else {
            unsafe PQfreeCancel(cancel)
            return
        }
        pthread_detach(thread)
    }
}

private func cancelThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let cancel = OpaquePointer(argument)
    // Why it failed does not matter: the statement timeout bounds what runs on.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
        _ = unsafe PQcancel(cancel, message.baseAddress, 256)
    }
    unsafe PQfreeCancel(cancel)
    return nil
}
