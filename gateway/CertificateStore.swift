internal import Primitives
package import ServiceKit
internal import Synchronization
package import TLS

/// The gateway's certificate, read from its files: new connections get what was read last.
package final class CertificateStore: Sendable {
    private let chainPath: String
    private let keyPath: String
    private let context: Mutex<TLSContext>

    /// - Throws: a `FileFault` or a `TLSFailure` where there is no usable certificate.
    package convenience init(_ keys: KeysDirectory) throws {
        do {
            try self.init(chainPath: keys.certificatePath, keyPath: keys.certificateKeyPath)
        } catch let fault as FileFault {
            throw CertificateFault(
                description: "\(fault). \(Self.advice(keys.path))")
        }
    }

    package init(chainPath: String, keyPath: String) throws {
        self.chainPath = chainPath
        self.keyPath = keyPath
        context = Mutex(try Self.read(chainPath, keyPath))
    }

    package var current: TLSContext { context.withLock { $0 } }

    /// Reads the files again; where they cannot be used, what was read before stays.
    package func reload() throws {
        let fresh = try Self.read(chainPath, keyPath)
        context.withLock { $0 = fresh }
    }

    static func certificate(_ chainPath: String, _ keyPath: String) throws -> TLSCertificate {
        let chain = Array(try TextFile.read(chainPath).utf8)
        let key = Secret(Array(try SecretFile.read(keyPath).text.utf8))
        return try TLSCertificate(chainPEM: chain, keyPEM: key)
    }

    static func advice(_ folder: String) -> String {
        "`causeway keys --directory \(folder)` makes a certificate for development."
    }

    private static func read(_ chainPath: String, _ keyPath: String) throws -> TLSContext {
        try .server(certificates: [certificate(chainPath, keyPath)])
    }
}

/// Why there is no certificate, for the person who started the gateway.
struct CertificateFault: Error, CustomStringConvertible {
    let description: String
}
