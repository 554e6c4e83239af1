internal import Cryptography
internal import Primitives

/// Hands mails to one server. Each send is one connection on one of a few threads that may block.
package final class MailSender: Sendable {
    private let server: MailServer
    private let pool: BlockingPool

    /// - Parameters:
    ///   - connectionsMax: mails under way at once.
    ///   - queueMax: mails that may wait; one more is refused at once (`temporary`).
    ///   - waitMax: how long each may wait.
    package init(
        server: MailServer, connectionsMax: Int = 2, queueMax: Int = 100, waitMax: Duration = .seconds(30)
    ) {
        self.server = server
        pool = BlockingPool(threads: connectionsMax, queueMax: queueMax, waitMax: waitMax)
    }

    /// Returns once the server has taken the mail over. A failure after the mail's last byte may hide a success: a
    /// retry of the same message keeps its `id`, which lets the mailbox drop the second.
    package func send(_ message: MailMessage) async throws(MailFailure) {
        let server = server
        let failure: MailFailure?
        do throws(BlockingPoolFailure) {
            failure = try await pool.run { MailTransfer.perform(message, to: server) }
        } catch {
            switch error {
            case .busy: throw MailFailure(.temporary, "too many mails wait")
            case .cancelled: throw MailFailure(.temporary, "cancelled before it was sent")
            case .stopped: throw MailFailure(.temporary, "the sender has stopped")
            }
        }
        if let failure { throw failure }
    }

    /// Refuses what waits and waits for what is under way. Blocks up to the server's total time-out.
    package func shutdown() {
        pool.shutdown()
    }
}
