import Primitives
import TLS
import Testing

@Suite struct TLSContextTests {
    @Test(arguments: [
        (["h2", "http/1.1"], ["h2", "http/1.1"], "h2"),
        (["http/1.1", "h2"], ["h2", "http/1.1"], "h2"),
        (["spdy/3", "http/1.1"], ["h2", "http/1.1"], "http/1.1"),
        (["h2", "http/1.1"], ["http/1.1"], "http/1.1"),
    ])
    func `the server's preference chooses the protocol`(offer: [String], own: [String], chosen: String) throws {
        let pair = try SessionPair(client: Fixture.client(alpn: offer), server: Fixture.server(alpn: own))
        try pair.shakeHands()
        #expect(pair.client.negotiatedProtocol == chosen)
        #expect(pair.server.negotiatedProtocol == chosen)
    }

    @Test func `no offer of protocols leaves none`() throws {
        let pair = try SessionPair(client: Fixture.client(alpn: []), server: Fixture.server())
        try pair.shakeHands()
        #expect(pair.server.negotiatedProtocol == nil)
    }

    @Test func `only unknown protocols end the handshake with an alert`() throws {
        let pair = try SessionPair(client: Fixture.client(alpn: ["smtp"]), server: Fixture.server())
        _ = try pair.client.handshake()
        let failure = #expect(throws: TLSFailure.self) { try pair.toServer() }
        #expect(failure?.reason == .noCommonProtocol)
        let told = #expect(throws: TLSFailure.self) { try pair.toClient() }
        #expect(told?.reason == .noCommonProtocol)
    }

    @Test(arguments: [
        ("localhost", 0), ("example.test", 1), ("EXAMPLE.test", 1), ("www.example.test", 1), ("unknown.test", 0),
        ("a.b.example.test", 0),
    ])
    func `the server name picks the certificate`(name: String, index: Int) throws {
        let certificates = [Fixture.local, Fixture.example]
        let server = try Fixture.server(certificates)
        let right = try SessionPair(
            client: Fixture.client(trust: certificates[index]), server: server, serverName: name)
        let isCovered = name != "unknown.test" && name != "a.b.example.test"
        if isCovered {
            try right.shakeHands()
            #expect(right.client.peerCertificate != nil)
        } else {
            // The default certificate is shown, and the client rightly refuses it.
            let failure = #expect(throws: TLSFailure.self) { try right.shakeHands() }
            #expect(failure?.reason == .untrustedPeer)
        }
        let wrong = try SessionPair(
            client: Fixture.client(trust: certificates[1 - index]), server: server, serverName: name)
        #expect(throws: TLSFailure.self) { try wrong.shakeHands() }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `an address is checked against the certificate and not sent as a name`(address: String) throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server(), serverName: address)
        try pair.shakeHands()
        #expect(pair.server.serverName == nil)
    }

    @Test(arguments: ["127.0.0.2", "other.test", "localhost.evil.test"])
    func `another host's certificate is refused`(name: String) throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server(), serverName: name)
        let failure = #expect(throws: TLSFailure.self) { try pair.shakeHands() }
        #expect(failure?.reason == .untrustedPeer)
        #expect(failure?.detail.contains("mismatch") == true)
        #expect(throws: TLSFailure.self, "the server learns it by alert") {
            try pair.toServer()
            _ = try pair.server.handshake()
        }
    }

    @Test func `a client must name its server`() throws {
        #expect(throws: TLSFailure.self) { try TLSSession(context: Fixture.client(), serverName: nil) }
        #expect(throws: TLSFailure.self) { try TLSSession(context: Fixture.client(), serverName: "") }
        #expect(throws: TLSFailure.self) { try TLSSession(context: Fixture.client(), serverName: "a\u{0}b") }
    }

    @Test func `versions without overlap do not meet`() throws {
        let pair = try SessionPair(
            client: Fixture.client(versions: .v12 ... .v12), server: Fixture.server(versions: .v13 ... .v13))
        let failure = #expect(throws: TLSFailure.self) { try pair.shakeHands() }
        #expect(failure?.reason == .violation)
    }

    @Test(arguments: [TLSVersion.v12, .v13])
    func `a server that requires certificates of its clients gets them`(version: TLSVersion) throws {
        let trust = TLSTrust.pem(Fixture.example.certificatePEM)
        let server = try Fixture.server(versions: version...version, clients: .required(trust))
        let without = try SessionPair(client: Fixture.client(), server: server)
        let failure = #expect(throws: TLSFailure.self) { try without.shakeHands() }
        #expect(failure?.reason == .untrustedPeer)

        let optional = try Fixture.server(versions: version...version, clients: .optional(trust))
        let anonymous = try SessionPair(client: Fixture.client(), server: optional)
        try anonymous.shakeHands()
        #expect(anonymous.server.peerCertificate == nil)

        // A certificate for servers is no certificate for clients (extended key usage).
        let foreign = try SessionPair(
            client: Fixture.client(certificate: Fixture.example.parsed), server: optional)
        #expect(throws: TLSFailure.self) { try foreign.shakeHands() }
    }

    @Test func `texts that are no certificates are refused`() throws {
        let good = Fixture.local
        let other = Fixture.example
        let tables: [([UInt8], Secret<[UInt8]>)] = [
            ([], good.keyPEM),
            (Array("hello".utf8), good.keyPEM),
            (Array(good.certificatePEM.dropLast(60)), good.keyPEM),
            (good.certificatePEM, Secret([])),
            (good.certificatePEM, Secret(good.certificatePEM)),
            (good.certificatePEM, other.keyPEM),
            (Array(repeatElement(good.certificatePEM, count: 11).joined()), good.keyPEM),
            (good.certificatePEM, Secret(Array(encryptedKey.utf8))),
        ]
        for (chain, key) in tables {
            let failure = #expect(throws: TLSFailure.self) { try TLSCertificate(chainPEM: chain, keyPEM: key) }
            #expect(failure?.reason == .configuration)
        }
        #expect(throws: TLSFailure.self) { try TLSContext.server(certificates: []) }
        #expect(throws: TLSFailure.self) { try TLSContext.client(trust: .pem([])) }
        #expect(throws: TLSFailure.self) { try TLSContext.client(trust: .system, alpn: [""]) }
    }

    @Test func `the system's authorities do not believe a certificate of our own`() throws {
        let pair = try SessionPair(client: TLSContext.client(trust: .system), server: Fixture.server())
        let failure = #expect(throws: TLSFailure.self) { try pair.shakeHands() }
        #expect(failure?.reason == .untrustedPeer)
    }

    /// The form of an encrypted key; its content is never reached, since there is no password.
    private let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAAAAAAAAAAAAAAAAAAAAAAEgZAA
        -----END ENCRYPTED PRIVATE KEY-----

        """
}
