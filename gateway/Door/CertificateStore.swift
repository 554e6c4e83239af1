package import Primitives
package import ServiceKit
internal import Synchronization
package import TLS

/// The gateway's certificates, read from their files: new connections get what was read last.
package final class CertificateStore: Sendable {
    private struct State {
        var context: TLSContext
        var expiresAt: Timestamp
        /// How the files were when they were last read, with success or not.
        var stamps: [CertificateFolder.Stamp]
        var failures = 0
    }

    private let folder: CertificateFolder
    private let clients: DoorConfiguration.ClientCertificates
    private let tickets: TicketKeys
    private let keyUpdatesMax: Int
    private let state: Mutex<State>

    /// - Throws: a `FileFault`, a `CertificateFault` or a `TLSFailure` where there is no usable certificate.
    package init(_ keys: KeysDirectory, door: DoorConfiguration = DoorConfiguration()) throws {
        folder = CertificateFolder(keys: keys)
        clients = door.clientCertificates
        tickets = TicketKeys(period: door.ticketPeriod)
        keyUpdatesMax = door.keyUpdatesMax
        do {
            let stamps = Self.stamps(folder, clients)
            let (context, expiresAt) = try Self.read(folder, clients, tickets, keyUpdatesMax)
            state = Mutex(State(context: context, expiresAt: expiresAt, stamps: stamps))
        } catch let fault as FileFault {
            throw CertificateFault(description: "\(fault). \(Self.advice(keys.path))")
        }
    }

    package var current: TLSContext { state.withLock { $0.context } }

    /// What opens the session tickets of this process, for the one that takes its place.
    var ticketKeys: Secret<[UInt8]> { tickets.inherited }

    /// Has tickets of the process before this one open here.
    func inherit(_ ticketKeys: Secret<[UInt8]>) { tickets.inherit(ticketKeys) }

    /// When the first of the certificates ends.
    package var expiresAt: Timestamp { state.withLock { $0.expiresAt } }

    /// How often the files could not be used when they were read again.
    package var failedReloads: Int { state.withLock { $0.failures } }

    /// Reads the files again; where they cannot be used, what was read before stays.
    package func reload() throws {
        let stamps = Self.stamps(folder, clients)
        do {
            let (context, expiresAt) = try Self.read(folder, clients, tickets, keyUpdatesMax)
            state.withLock {
                $0.context = context
                $0.expiresAt = expiresAt
                $0.stamps = stamps
            }
        } catch {
            state.withLock {
                $0.stamps = stamps
                $0.failures += 1
            }
            throw error
        }
    }

    /// Looks at the files now and then, and reads them again once they have changed and a look later are still the
    /// same: a certificate and its key are two files, which nobody writes at once.
    ///
    /// Ends when its task is cancelled.
    ///
    /// - Parameter told: gets what came of each reading: nil for success.
    func watch(every interval: Duration, told: @Sendable ((any Error)?) -> Void) async {
        var changed: [CertificateFolder.Stamp]?
        while (try? await Task.sleep(for: interval)) != nil {
            let found = Self.stamps(folder, clients)
            guard found != state.withLock({ $0.stamps }) else {
                changed = nil
                continue
            }
            guard found == changed else {
                changed = found
                continue
            }
            changed = nil
            do {
                try reload()
                told(nil)
            } catch {
                told(error)
            }
        }
    }

    static func advice(_ folder: String) -> String {
        "`causeway keys --directory \(folder)` makes a certificate for development."
    }

    private static func stamps(
        _ folder: CertificateFolder, _ clients: DoorConfiguration.ClientCertificates
    ) -> [CertificateFolder.Stamp] {
        folder.stamps() + (clients.authorities.map { [CertificateFolder.Stamp($0)] } ?? [])
    }

    private static func read(
        _ folder: CertificateFolder, _ clients: DoorConfiguration.ClientCertificates, _ tickets: TicketKeys,
        _ keyUpdatesMax: Int
    ) throws -> (TLSContext, Timestamp) {
        let certificates = try folder.pairs().map { try $0.read() }
        let context = try TLSContext.server(
            certificates: certificates, clients: try clients.authentication(), tickets: tickets,
            keyUpdatesMax: keyUpdatesMax)
        return (context, certificates.map(\.expiresAt).min() ?? .now)
    }
}

extension DoorConfiguration.ClientCertificates {
    fileprivate var authorities: String? {
        switch self {
        case .off: nil
        case .optional(let path), .required(let path): path
        }
    }

    fileprivate func authentication() throws -> TLSClientAuthentication {
        switch self {
        case .off: .none
        case .optional(let path): .optional(.pem(Array(try TextFile.read(path).utf8)))
        case .required(let path): .required(.pem(Array(try TextFile.read(path).utf8)))
        }
    }
}

/// Why there is no certificate, for the person who started the gateway.
struct CertificateFault: Error, CustomStringConvertible {
    let description: String
}
