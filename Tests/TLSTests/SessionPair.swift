import Primitives
import TLS

/// Two sessions back to back in memory.
final class SessionPair {
    let client: TLSSession
    let server: TLSSession
    /// How many bytes go over at a time.
    var stepBytes = Int.max
    /// Changes what goes to the server before it is received.
    var tamper: ([UInt8]) -> [UInt8] = { $0 }

    init(client: TLSContext, server: TLSContext, serverName: String = "localhost") throws {
        self.client = try TLSSession(context: client, serverName: serverName)
        self.server = try TLSSession(context: server, serverName: nil)
    }

    /// Shakes hands until both ends are done; what either end throws is thrown.
    func shakeHands() throws {
        for _ in 0..<10 {
            let isClientDone = try settle(client)
            try toServer()
            let isServerDone = try settle(server)
            try toClient()
            if isClientDone, isServerDone { return }
        }
        throw TLSFailure(.misuse, "no end of the handshake")
    }

    private func settle(_ session: TLSSession) throws -> Bool {
        try session.handshake()
    }

    func toServer() throws {
        try deliver(tamper(take(client)), to: server)
    }

    func toClient() throws {
        try deliver(take(server), to: client)
    }

    func take(_ session: TLSSession) -> [UInt8] {
        var bytes: [UInt8] = []
        session.takeOutput { bytes.append(contentsOf: $0) }
        return bytes
    }

    func deliver(_ bytes: [UInt8], to session: TLSSession) throws {
        var at = 0
        while at < bytes.count {
            let end = min(bytes.count, at + min(stepBytes, bytes.count))
            try bytes[at..<end].withUnsafeBytes { try session.receive($0) }
            if !session.isEstablished { _ = try session.handshake() }
            at = end
        }
    }
}

extension TLSSession {
    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// All plaintext that can be read now, and what stopped it.
    func readAll(chunk: Int = 16 << 10) throws -> (bytes: [UInt8], end: TLSRead) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: chunk)
        while true {
            let result = try buffer.withUnsafeMutableBytes { try read($0) }
            guard case .bytes(let count) = result else { return (bytes, result) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}

/// Certificates that the tests share; making one takes a millisecond.
enum Fixture {
    static let local = make(["localhost", "127.0.0.1", "::1"])
    static let example = make(["example.test", "*.example.test"])

    private static func make(_ names: [String]) -> DevelopmentCertificate {
        do {
            return try DevelopmentCertificate.make(names: names, validDays: 30)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    static func server(
        _ certificates: [DevelopmentCertificate] = [local], alpn: [String] = ["h2", "http/1.1"],
        versions: ClosedRange<TLSVersion> = .v12 ... .v13, clients: TLSClientAuthentication = .none
    ) throws -> TLSContext {
        try .server(
            certificates: certificates.map { try $0.parsed }, alpn: alpn, versions: versions, clients: clients)
    }

    static func client(
        trust: DevelopmentCertificate = local, alpn: [String] = ["h2", "http/1.1"],
        certificate: TLSCertificate? = nil, versions: ClosedRange<TLSVersion> = .v12 ... .v13
    ) throws -> TLSContext {
        try .client(trust: .pem(trust.certificatePEM), alpn: alpn, certificate: certificate, versions: versions)
    }
}

extension DevelopmentCertificate {
    var parsed: TLSCertificate {
        get throws { try TLSCertificate(chainPEM: certificatePEM, keyPEM: keyPEM) }
    }
}
