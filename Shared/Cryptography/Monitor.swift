internal import Glibc
internal import Primitives

/// A value behind a lock on which threads can wait for a change.
///
/// Glibc's mutex and condition, since the standard library's `Mutex` has no way to wait. `@unchecked Sendable`: `value`
/// is touched only while the mutex is held, and both pthread objects stay where they were allocated until `deinit`.
@safe final class Monitor<Value: Sendable>: @unchecked Sendable {
    /// What a waiting thread wants after it looked at the value.
    enum Step<Outcome> {
        case done(Outcome)
        /// Look again after the next wake-up, or once `until` has passed.
        case wait(until: Deadline?)
    }

    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ value: Value) {
        self.value = value
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // Deadlines are monotonic; the default clock jumps when the date is set.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<Outcome>(_ body: (inout Value) -> Outcome) -> Outcome {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&value)
    }

    /// Blocks this thread until `look`, called under the lock, is done.
    func wait<Outcome>(_ look: (inout Value) -> Step<Outcome>) -> Outcome {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            switch look(&value) {
            case .done(let outcome): return outcome
            case .wait(let until?):
                var time = timespec(
                    tv_sec: Int(until.nanoseconds / 1_000_000_000), tv_nsec: Int(until.nanoseconds % 1_000_000_000))
                unsafe pthread_cond_timedwait(condition, mutex, &time)
            case .wait(nil): unsafe pthread_cond_wait(condition, mutex)
            }
        }
    }

    func wakeAll() { unsafe pthread_cond_broadcast(condition) }
}
