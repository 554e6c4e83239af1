internal import Logging
internal import Primitives
internal import ServiceKit
internal import ServiceLifecycle
internal import Transport

/// How a gateway takes the place of the one that runs, and later gives its own to the next: the listening sockets go
/// over, so that no connection is refused or lost meanwhile. Without a folder for it, it does neither.
struct Succession {
    /// How long a new process may take to be ready. The old one serves meanwhile, and waits a little longer than this.
    static let readyMax: Duration = .milliseconds(HandoverOffer.startMilliseconds) / 2
    private static let readyPause: Duration = .milliseconds(20)

    private let folder: String
    private let predecessor: Predecessor?
    private let logger: Logger

    /// - Parameter folder: empty for no hand-over.
    /// - Throws: where a gateway runs and does not hand over; it is left as it is.
    init(_ folder: String, logger: Logger) async throws {
        self.folder = folder
        self.logger = logger
        predecessor = folder.isEmpty ? nil : try await Predecessor.claim(in: folder)
    }

    /// The sockets that the running gateway has for a port; none where there is no such gateway.
    func sockets(_ port: GatewayPort) -> [ListeningSocket] { predecessor?.sockets(port.rawValue) ?? [] }

    /// The keys of the running gateway's session tickets, so that clients who come back need no whole handshake.
    var ticketKeys: Secret<[UInt8]>? { predecessor?.memory }

    /// Waits, where another gateway serves meanwhile, until this one can; that one then pauses for `complete`.
    func waitUntilReady(_ readiness: Readiness) async throws {
        guard let predecessor else { return }
        logger.info("taking over", metadata: ["name": "gateway"])
        let end = Deadline.after(Self.readyMax)
        while true {
            let faults = await readiness.report().compactMap { check in check.problem.map { "\(check.name): \($0)" } }
            if faults.isEmpty { return try await predecessor.pause() }
            if end.hasPassed || Task.isShuttingDownGracefully {
                let reasons = faults.joined(separator: "; ")
                throw SuccessionFault(description: "the gateway that runs goes on; this one is not ready: \(reasons)")
            }
            try await Task.sleep(for: Self.readyPause)
        }
    }

    /// This gateway accepts on all its ports: the one before it may go, and the next may ask.
    func complete(_ listeners: Listeners, _ certificates: CertificateStore) async -> HandoverOffer? {
        guard !folder.isEmpty else { return nil }
        do {
            try await predecessor?.release()
        } catch {
            // It is gone, or goes on and nobody will tell it to stop; there is nobody but an operator to decide that.
            logger.error("the gateway before this one may still run", metadata: ["reason": "\(error)"])
        }
        let logger = logger
        do {
            return try HandoverOffer.start(
                in: folder, listeners: listeners.offered, memory: { certificates.ticketKeys.exposedValue }
            ) { fault in
                logger.error("hand-over failed, this gateway goes on", metadata: ["reason": "\(fault)"])
            }
        } catch {
            // The one before has gone: better one that serves and cannot be followed than none.
            logger.error("no gateway can take this one's place", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}

/// The gateway's ports, as they are called in a hand-over.
enum GatewayPort: String {
    case https, http, ops
}

/// Why a gateway did not take the place of the one that runs.
struct SuccessionFault: Error, CustomStringConvertible {
    let description: String
}
