internal import Glibc

/// A thread that runs one closure.
struct WorkerThread: Sendable {
    private let handle: pthread_t

    /// Starts at once. Ends the process where the system has no thread to give: this happens at start only.
    init(_ body: @escaping @Sendable () -> Void) {
        var handle = pthread_t()
        let box = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
        let status = unsafe pthread_create(&handle, nil, runThread, box)
        guard status == 0 else { fatalError("the system cannot start a thread (error \(status))") }
        self.handle = handle
    }

    /// Waits for its end. To be called once.
    func join() { pthread_join(handle, nil) }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThread(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let box = unsafe box else { return nil }
    let body = unsafe Unmanaged<ThreadBody>.fromOpaque(box).takeRetainedValue()
    body.run()
    return nil
}
