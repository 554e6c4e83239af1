internal import CPostgres
internal import Glibc
internal import Primitives
internal import Synchronization

/// The thread that owns every libpq connection of the process: callers post commands, the thread's loop does the rest.
///
/// One per process is enough; a `Database` makes its own where none is given. The thread ends with the last database
/// that uses it.
package final class PostgresDriver: Sendable {
    private let mailbox: Mailbox
    private let databases = Atomic<Int>(0)

    package init() {
        mailbox = Mailbox()
        mailbox.startThread()
    }

    deinit {
        mailbox.post(.stop)
    }

    func post(_ command: DriverCommand) {
        mailbox.post(command)
    }

    func nextDatabaseID() -> Int {
        databases.wrappingAdd(1, ordering: .relaxed).newValue
    }
}

/// What callers ask of the driver's thread. Databases and leases go by number; an unknown one has ended.
enum DriverCommand: Sendable {
    case open(Int, PostgresConfiguration, StatisticsBox, @Sendable (PostgresObservation) -> Void)
    case close(Int, grace: Duration, Answer<Void>?)
    case statement(Int, Request)
    case lease(Int, LeaseAnswer)
    case leased(Int, Int, Request)
    case release(Int, Int)
    /// The caller gave up: cancel what the leased connection runs, and drop it.
    case abort(Int, Int)
    case listen(Int, Subscription)
    case unlisten(Int, Int)
    case stop
}

typealias LeaseAnswer = Answer<Result<Int, PostgresFailure>>

/// The commands on their way to the thread. An eventfd wakes it, written only while it sleeps.
final class Mailbox: Sendable {
    private struct State {
        var commands: [DriverCommand] = []
        var isSleeping = false
    }

    private let state = Mutex(State())
    let wakeup: Int32

    init() {
        wakeup = eventfd(0, causewayEventfdFlags)
        precondition(wakeup >= 0, "the process has no free descriptor to start with")
    }

    deinit {
        Glibc.close(wakeup)
    }

    func post(_ command: DriverCommand) {
        let wake = state.withLock { state in
            state.commands.append(command)
            defer { state.isSleeping = false }
            return state.isSleeping
        }
        if wake { eventfd_write(wakeup, 1) }
    }

    /// Moves all commands into `batch`, which is empty. Where there are none and `mayDoze`, the next one will wake.
    func take(into batch: inout [DriverCommand], mayDoze: Bool) {
        state.withLock { state in
            if state.commands.isEmpty {
                state.isSleeping = mayDoze
            } else {
                swap(&state.commands, &batch)
            }
        }
    }

    func startThread() {
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(self).toOpaque()
        let result = unsafe pthread_create(&thread, nil, driverThread, argument)
        precondition(result == 0, "the process cannot start a thread")
        pthread_detach(thread)
    }
}

private func driverThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    let mailbox = unsafe Unmanaged<Mailbox>.fromOpaque(argument).takeRetainedValue()
    // Signals belong to the main thread.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    causewayNameThread()
    DriverLoop(mailbox).run()
    return nil
}
