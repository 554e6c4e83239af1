import Primitives
import TLS
import Testing

@Suite struct TLSSessionTests {
    @Test(arguments: [TLSVersion.v12, .v13])
    func `hands are shaken and bytes pass both ways`(version: TLSVersion) throws {
        let pair = try SessionPair(
            client: Fixture.client(versions: version...version), server: Fixture.server())
        try pair.shakeHands()
        #expect(pair.client.version == (version == .v13 ? "TLSv1.3" : "TLSv1.2"))
        #expect(pair.server.version == pair.client.version)
        #expect(pair.client.cipher == pair.server.cipher)
        #expect(pair.client.cipher.contains("AES_128_GCM") || pair.client.cipher.contains("AES128-GCM"))
        #expect(pair.client.negotiatedProtocol == "h2")
        #expect(pair.server.negotiatedProtocol == "h2")
        #expect(pair.server.serverName == "localhost")

        try pair.client.write(Array("question".utf8))
        try pair.toServer()
        #expect(try pair.server.readAll() == (Array("question".utf8), .wantsMore))
        try pair.server.write(Array("answer".utf8))
        try pair.toClient()
        #expect(try pair.client.readAll() == (Array("answer".utf8), .wantsMore))
    }

    @Test(arguments: [TLSVersion.v12, .v13])
    func `one byte at a time is as good as all at once`(version: TLSVersion) throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server(versions: version...version))
        pair.stepBytes = 1
        try pair.shakeHands()
        try pair.client.write([1, 2, 3])
        try pair.toServer()
        #expect(try pair.server.readAll(chunk: 1) == ([1, 2, 3], .wantsMore))
    }

    @Test(arguments: [TLSVersion.v12, .v13])
    func `there is input until all of it was looked at`(version: TLSVersion) throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server(versions: version...version))
        try pair.shakeHands()
        _ = try pair.server.readAll()
        #expect(!pair.server.hasInput)
        try pair.client.write([1, 2, 3])
        let ciphertext = pair.take(pair.client)
        // Part of a record is taken in and waits for the rest.
        try pair.deliver(Array(ciphertext.dropLast()), to: pair.server)
        #expect(pair.server.hasInput)
        #expect(try pair.server.readAll().bytes.isEmpty)
        try pair.deliver(Array(ciphertext.suffix(1)), to: pair.server)
        var byte: [UInt8] = [0]
        for expected: UInt8 in 1...3 {
            #expect(pair.server.hasInput)
            #expect(try byte.withUnsafeMutableBytes { try pair.server.read($0) } == .bytes(1))
            #expect(byte == [expected])
        }
        #expect(!pair.server.hasInput)
        pair.client.close()
        try pair.toServer()
        #expect(pair.server.hasInput)
        #expect(try pair.server.readAll().end == .closed)
    }

    @Test(arguments: [TLSVersion.v12, .v13])
    func `a mebibyte passes both ways`(version: TLSVersion) throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server(versions: version...version))
        try pair.shakeHands()
        let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try pair.client.write(bytes)
        try pair.toServer()
        #expect(try pair.server.readAll().bytes == bytes)
        try pair.server.write(bytes)
        pair.stepBytes = 1000
        try pair.toClient()
        #expect(try pair.client.readAll(chunk: 777).bytes == bytes)
        #expect(!pair.client.hasOutput && !pair.server.hasOutput)
    }

    @Test func `close_notify ends each direction on its own`() throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server())
        try pair.shakeHands()
        try pair.client.write([7])
        pair.client.close()
        pair.client.close()
        #expect(throws: TLSFailure.self) { try pair.client.write([8]) }
        try pair.toServer()
        #expect(try pair.server.readAll() == ([7], .closed))
        #expect(pair.server.isClosedByPeer)
        try pair.server.receiveEnd()

        try pair.server.write([9])
        pair.server.close()
        try pair.toClient()
        #expect(try pair.client.readAll() == ([9], .closed))
    }

    @Test func `an end without close_notify is a truncation`() throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server())
        try pair.shakeHands()
        try pair.client.write([UInt8](repeating: 1, count: 100))
        let record = pair.take(pair.client)
        try pair.deliver(Array(record.dropLast(1)), to: pair.server)
        #expect(try pair.server.readAll() == ([], .wantsMore))
        let failure = #expect(throws: TLSFailure.self) { try pair.server.receiveEnd() }
        #expect(failure?.reason == .truncated)
    }

    @Test func `every changed bit of a record is seen`() throws {
        var generator = SeededGenerator(seed: 5)
        let client = try Fixture.client()
        let server = try Fixture.server()
        for _ in 0..<40 {
            let pair = try SessionPair(client: client, server: server)
            try pair.shakeHands()
            _ = try pair.client.readAll()
            try pair.client.write(Array("transfer 10 to Alice".utf8))
            var record = pair.take(pair.client)
            // The length field is left: a changed length only makes the record wait or fail later.
            let at = 5 + Int(generator.next() % UInt64(record.count - 5))
            record[at] ^= 1 << UInt8(generator.next() % 8)
            try pair.deliver(record, to: pair.server)
            let failure = #expect(throws: TLSFailure.self) { try pair.server.readAll() }
            #expect(failure?.reason == .violation)
            #expect(pair.server.hasOutput, "an alert waits for the peer")
            let after = #expect(throws: TLSFailure.self) { try pair.server.write([1]) }
            #expect(after?.reason == .misuse)
        }
    }

    @Test func `garbage instead of a hello is refused`() throws {
        let server = try Fixture.server()
        let texts = [
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SSH-2.0-OpenSSH\r\n",
            String(repeating: "\u{0}", count: 64), "\u{16}\u{3}\u{1}\u{0}\u{4}abcd",
        ]
        for text in texts {
            let session = try TLSSession(context: server, serverName: nil)
            let failure = #expect(throws: TLSFailure.self, "\(text)") {
                try Array(text.utf8).withUnsafeBytes { try session.receive($0) }
                _ = try session.handshake()
            }
            #expect(failure?.reason == .violation)
        }
    }

    @Test func `random bytes never crash a session`() throws {
        let server = try Fixture.server()
        let client = try Fixture.client()
        var generator = SeededGenerator(seed: 11)
        for round in 0..<300 {
            let bytes: [UInt8]
            if round % 2 == 0 {
                bytes = (0..<Int(generator.next() % 600)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            } else {
                // A true hello with a few changed bytes.
                let source = try TLSSession(context: client, serverName: "localhost")
                _ = try source.handshake()
                var hello: [UInt8] = []
                source.takeOutput { hello.append(contentsOf: $0) }
                for _ in 0..<3 { hello[Int(generator.next() % UInt64(hello.count))] = UInt8(generator.next() & 0xFF) }
                bytes = hello
            }
            let session = try TLSSession(context: server, serverName: nil)
            try bytes.withUnsafeBytes { try session.receive($0) }
            // Either outcome is right; what counts is that it never claims to be done.
            let isDone = (try? session.handshake()) ?? false
            #expect(!isDone)
        }
    }

    @Test func `plaintext before the handshake is refused`() throws {
        let session = try TLSSession(context: Fixture.client(), serverName: "localhost")
        let failure = #expect(throws: TLSFailure.self) { try session.write([1]) }
        #expect(failure?.reason == .misuse)
    }

    @Test func `a flood of key updates ends the session`() throws {
        let pair = try SessionPair(client: Fixture.client(), server: Fixture.server())
        try pair.shakeHands()
        _ = try pair.client.readAll()
        for _ in 0..<3 {
            try pair.client.updateKeys()
            try pair.client.write([1])
            try pair.toServer()
            #expect(try pair.server.readAll().bytes == [1])
            try pair.server.write([2])
            try pair.toClient()
            #expect(try pair.client.readAll().bytes == [2])
        }
        let failure = #expect(throws: TLSFailure.self) {
            for _ in 0...TLSLimits.keyUpdatesMax {
                try pair.client.updateKeys()
                try pair.toServer()
                _ = try pair.server.readAll()
                try pair.toClient()
                _ = try pair.client.readAll()
            }
        }
        #expect(failure?.reason == .keyUpdates)
    }

    @Test func `ciphertext that nobody reads is bounded`() throws {
        let session = try TLSSession(context: Fixture.server(), serverName: nil)
        let chunk = [UInt8](repeating: 22, count: 1 << 20)
        let failure = #expect(throws: TLSFailure.self) {
            for _ in 0..<5 { try chunk.withUnsafeBytes { try session.receive($0) } }
        }
        #expect(failure?.reason == .limit)
    }
}
