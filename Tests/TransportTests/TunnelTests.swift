import HTTP
import Testing
import Transport

/// What becomes of a connection that leaves HTTP/1.1, byte by byte.
@Suite struct TunnelTests {
    private static func wish(_ path: String, _ name: String = "websocket") -> String {
        "GET \(path) HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: \(name)\r\n\r\n"
    }

    @Test func eachHalfEndsByItself() async throws {
        try await TestServer.with(.http1) { server in
            let client = try RawConnection(port: server.port)
            client.send(Self.wish("/tunnel"))
            let head = await client.receive(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\nx-tunnel: yes\r\nconnection: Upgrade\r\n"))
            client.send("abc")
            #expect(await client.receive(until: "abc") == "abc")
            client.endOutput()
            let rest = await client.receiveAll()
            #expect(rest.ended && rest.text == "all 3")
            #expect(await server.record.eventually { $0.value("closed") == 1 })
        }
    }

    @Test func bytesThatCameWithTheWishAreTheTunnels() async throws {
        try await TestServer.with(.http1) { server in
            let client = try RawConnection(port: server.port)
            let large = String(repeating: "x", count: 200_000)
            client.send(Self.wish("/tunnel") + "GET /x HTTP/1.1\r\n\r\n" + large)
            client.endOutput()
            let all = await client.receiveAll()
            #expect(all.text.hasSuffix("\r\n\r\nGET /x HTTP/1.1\r\n\r\n\(large)all 200019"))
            #expect(server.record.value("started") == 1)
        }
    }

    @Test func aWishThatIsNotTakenUpEndsTheConnection() async throws {
        try await TestServer.with(.http1) { server in
            for name in ["h2c", "websocket", "a, b"] {
                let client = try RawConnection(port: server.port)
                client.send(Self.wish("/x", name) + "GET /y HTTP/1.1\r\nhost: a\r\n\r\n")
                let all = await client.receiveAll()
                #expect(all.ended && all.text.hasSuffix("connection: close\r\n\r\nhello /x"), "\(all)")
            }
            #expect(server.record.value("started") == 3)
        }
    }

    @Test func whoIsGoneBreaksItOff() async throws {
        try await TestServer.with(.http1) { server in
            do {
                let client = try RawConnection(port: server.port)
                client.send(Self.wish("/tunnel"))
                #expect(await client.receive(until: "\r\n\r\n").contains(" 101 "))
            }
            #expect(await server.record.eventually { $0.value("closed") == 1 && $0.value("ended") == 1 })
        }
    }
}
