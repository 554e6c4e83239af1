internal import Contract
internal import Ledger
internal import Logging
internal import Outbound
internal import Postgres
internal import Primitives
internal import Protocol

/// Sends the mails that transactions have promised.
struct MailWorker: Sendable {
    let configuration: AuthConfiguration
    let database: Database
    let mint: LinkTokenMint
    let send: AuthService.Mailer
    let clock: Clock
    let logger: Logger
    private let accounts = AccountStore()
    private let links = LinkStore()

    init(
        configuration: AuthConfiguration, database: Database, mint: LinkTokenMint, send: @escaping AuthService.Mailer,
        clock: Clock, logger: Logger
    ) {
        self.configuration = configuration
        self.database = database
        self.mint = mint
        self.send = send
        self.clock = clock
        self.logger = logger
    }

    var runner: JobRunner {
        JobRunner(database, handlers: [MailQueue.kind: { (job) throws(JobFailure) in try await perform(job) }]) {
            log($0)
        }
    }

    /// Sends the mail of one job; a job that has become pointless is done.
    func perform(_ job: Job) async throws(JobFailure) {
        guard let order = MailOrder(payload: job.payload.bytes) else { throw .permanent("the payload is not an order") }
        do {
            guard let message = try await message(for: order, job.id) else { return }
            try await send(message)
        } catch let failure as MailFailure {
            throw failure.isRetryable ? .temporary(failure.detail) : .permanent(failure.detail)
        } catch {
            throw .temporary("\(error)")
        }
    }

    /// What to send now; nil where nothing is to be sent any more.
    private func message(for order: MailOrder, _ job: JobID) async throws -> MailMessage? {
        guard let account = try await accounts.find(emailKey: order.emailKey, in: database),
            account.status == .active,
            let template = order.template(isVerified: account.emailVerifiedAt != nil)
        else { return nil }
        var token: LinkToken?
        if template == .verifyEmail {
            let expiresAt = order.at + configuration.verifyLinkLifetime
            let made = mint.token(.verifyEmail, ofJob: job.description)
            let isUsable = try await links.put(
                made, .verifyEmail, for: account, madeAt: order.at, expiresAt: expiresAt, in: database)
            guard isUsable, expiresAt > clock.now else { return nil }
            token = made
        }
        let text = MailText(
            template, serviceName: configuration.serviceName, publicURL: configuration.publicURL, token: token?.text)
        return try MailMessage(
            id: job.uuid, date: clock.now,
            from: try MailAddress(configuration.mailSender, name: configuration.serviceName),
            // Without a name: whoever registered someone else's address chose it.
            to: try MailAddress(account.email), subject: text.subject, text: text.text, html: text.html)
    }

    private func log(_ observation: JobObservation) {
        switch observation {
        case .done: break
        case .willRetry(let job, let delay, let detail):
            logger.warning(
                "a mail was not sent and will be tried again",
                metadata: ["job": "\(job.id)", "after": "\(delay)", "reason": "\(detail)"])
        case .died(let job, let detail):
            logger.error("a mail was given up", metadata: ["job": "\(job.id)", "reason": "\(detail)"])
        case .buried(let count):
            logger.error("mails were given up whose last attempt vanished", metadata: ["count": "\(count)"])
        case .leaseLost(let job):
            logger.warning("a mail took longer than its lease", metadata: ["job": "\(job.id)"])
        case .databaseFailed(let failure):
            logger.warning("the queue of mails is out of reach", metadata: ["reason": "\(failure)"])
        }
    }
}
