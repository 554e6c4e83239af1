import Logging
import ServiceLifecycle
import UnixSignals

/// Reads again, on SIGHUP, what a process can read again while it runs. Without it the signal would end the process.
struct HangupWatch: Service, CustomStringConvertible {
    let logger: Logger
    /// What to do, and what to say of it.
    let reload: @Sendable () throws -> String

    let description = "the wait for SIGHUP"

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let done = try reload()
                logger.notice("\(done)")
            } catch {
                logger.error("reload failed, what was read before stays", metadata: ["reason": "\(error)"])
            }
        }
    }
}
