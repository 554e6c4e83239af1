import TLS
import Testing
import Transport

@Suite struct KeyUpdateTests {
    /// Our end of a connection to `server`, hands shaken.
    private func connect(_ server: TestServer) async throws -> (TLSSession, RawConnection) {
        let trust = TLSTrust.pem(try #require(Certificate.local).certificatePEM)
        let session = try TLSSession(
            context: .client(trust: trust, alpn: ["http/1.1"]), serverName: "localhost")
        let connection = try RawConnection(port: server.port)
        while try !session.handshake() {
            session.takeOutput { connection.send(Array($0)) }
            let bytes = try #require(await connection.receive())
            try bytes.withUnsafeBytes { try session.receive($0) }
        }
        session.takeOutput { connection.send(Array($0)) }
        return (session, connection)
    }

    @Test(arguments: [TLSLimits.keyUpdatesMax, 3]) func storms(max: Int) async throws {
        let context = try Certificate.context(keyUpdatesMax: max)
        try await TestServer.with(.tls { context }) { server async throws in
            let (modest, open) = try await connect(server)
            for _ in 0..<max {
                try modest.updateKeys()
                modest.takeOutput { open.send(Array($0)) }
            }
            try Array("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8).withUnsafeBytes { try modest.write($0) }
            modest.takeOutput { open.send(Array($0)) }
            #expect(await server.record.eventually { $0.value("ended") == 1 })
            #expect(server.record.notes("limited").isEmpty)

            let (storm, raw) = try await connect(server)
            for _ in 0...max {
                try storm.updateKeys()
                storm.takeOutput { raw.send(Array($0)) }
            }
            #expect(await raw.receiveAll().ended)
            #expect(server.record.notes("limited") == ["tls-key-updates"])
        }
    }
}
