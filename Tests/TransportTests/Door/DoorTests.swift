import HTTP
import Primitives
import Testing
import Transport

/// Who comes in, and as whom.
@Suite struct DoorTests {
    private static let ask = "GET /facts HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private func policy(_ change: (inout DoorPolicy) -> Void) -> DoorPolicy {
        var policy = DoorPolicy()
        change(&policy)
        return policy
    }

    private func set(_ ranges: String...) -> AddressSet { AddressSet(ranges.compactMap { AddressRange($0) }) }

    /// What a server with `door` answers to `bytes`.
    private func answer(_ bytes: [UInt8], _ server: TestServer) async throws -> String {
        let connection = try RawConnection(port: server.port)
        connection.send(bytes)
        return await connection.receiveAll().text
    }

    @Test func proxiesTellTheirClient() async throws {
        let door = policy { $0.proxyHeaderFrom = set("127.0.0.0/8") }
        try await TestServer.with(.http1, door: door) { server async throws in
            for (header, client) in ProxyHeaderTests.sound {
                let text = try await answer(header + Array(Self.ask.utf8), server)
                let told = client.map { $0[..<($0.lastIndex(of: ":") ?? $0.endIndex)] } ?? "127.0.0.1"
                #expect(text.contains("|\(told)|"), "\(text)")
            }
            for (header, refusal) in ProxyHeaderTests.broken.suffix(3) {
                #expect(try await answer(header + Array(Self.ask.utf8), server).isEmpty)
                #expect(server.record.notes("refused").last == refusal.rawValue)
            }
            #expect(try await answer(Array(Self.ask.utf8), server).isEmpty)
            #expect(server.record.notes("refused").last == "proxy-header-missing")
            // In pieces, and the request with the last of them.
            let slow = try RawConnection(port: server.port)
            for byte in "PROXY TCP4 192.0.2.9 192.0.2.1 1 2\r".utf8 { slow.send([byte]) }
            slow.send("\n" + Self.ask)
            #expect(await slow.receiveAll().text.contains("|192.0.2.9|"))
            #expect(await server.record.eventually { _ in server.listener.connectionCount == 0 })
        }
    }

    @Test func headersOfOthersAreNone() async throws {
        let door = policy { $0.proxyHeaderFrom = set("192.0.2.0/24") }
        try await TestServer.with(.http1, door: door) { server async throws in
            let header = ProxyHeaderTests.sound[0].0
            let told = try await answer(header + Array(Self.ask.utf8), server)
            #expect(told.hasPrefix("HTTP/1.1 400"), "\(told)")
            let plain = try await answer(Array(Self.ask.utf8), server)
            #expect(plain.contains("|127.0.0.1|"), "\(plain)")
        }
    }

    @Test func headersMustCome() async throws {
        var limits = HTTPLimits()
        limits.tlsHandshake = .milliseconds(200)
        let door = policy { $0.proxyHeaderFrom = set("127.0.0.1") }
        try await TestServer.with(.http1, limits: limits, door: door) { server async throws in
            let silent = try RawConnection(port: server.port)
            silent.send("PROXY TCP4 ")
            #expect(await silent.receiveAll().ended)
            #expect(server.record.notes("limited") == ["proxy-header"])
        }
    }

    @Test func clientsAreCountedAsWhomTheyAre() async throws {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 1
        let door = policy { $0.proxyHeaderFrom = set("127.0.0.1") }
        try await TestServer.with(.http1, limits: limits, door: door) { server async throws in
            func open(_ client: String) async throws -> (RawConnection, String) {
                let connection = try RawConnection(port: server.port)
                connection.send("PROXY TCP4 \(client) 192.0.2.1 1 2\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                return (connection, await connection.receive(until: "hello /a"))
            }
            var (first, text) = try await open("198.51.100.1")
            #expect(text.contains("200"))
            let (second, other) = try await open("198.51.100.2")
            #expect(other.contains("200"))
            #expect(try await open("198.51.100.1").1.isEmpty)
            #expect(server.record.notes("refused") == ["connections-per-address"])
            #expect(await server.record.eventually { _ in server.listener.connectionCount == 2 })
            // Whoever leaves makes room.
            first.send("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            _ = await first.receiveAll()
            #expect(await server.record.eventually { _ in server.listener.connectionCount == 1 })
            (first, text) = try await open("198.51.100.1")
            withExtendedLifetime((first, second)) { #expect(text.contains("200")) }
        }
    }

    @Test func addressesThatAreNotLetIn() async throws {
        try await TestServer.with(.http1, door: policy { $0.denied = set("127.0.0.0/8") }) { server async throws in
            let text = try await answer(Array(Self.ask.utf8), server)
            #expect(text.isEmpty)
            #expect(server.record.notes("refused") == ["address"])
            #expect(server.listener.connectionCount == 0)
        }
        try await TestServer.with(.http1, door: policy { $0.allowed = set("192.0.2.0/24") }) { server async throws in
            let text = try await answer(Array(Self.ask.utf8), server)
            #expect(text.isEmpty)
            #expect(server.record.notes("refused") == ["address"])
        }
        let behindProxy = policy {
            $0.proxyHeaderFrom = set("127.0.0.1")
            $0.allowed = set("192.0.2.0/24")
            $0.denied = set("192.0.2.7")
        }
        try await TestServer.with(.http1, door: behindProxy) { server async throws in
            for (client, isLetIn) in [("192.0.2.1", true), ("192.0.2.7", false), ("198.51.100.1", false)] {
                let header = Array("PROXY TCP4 \(client) 192.0.2.1 1 2\r\n".utf8)
                let text = try await answer(header + Array(Self.ask.utf8), server)
                #expect(text.contains("|\(client)|") == isLetIn && text.isEmpty != isLetIn, "\(client)")
            }
        }
    }

    @Test func sharedAddressesAreNotCounted() async throws {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 1
        try await TestServer.with(.http1, limits: limits, door: policy { $0.shared = set("127.0.0.1") }) {
            server async throws in
            let held = try (0..<3).map { _ in try RawConnection(port: server.port) }
            for connection in held {
                connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await connection.receive(until: "hello").contains("200"))
            }
            withExtendedLifetime(held) { #expect(server.listener.connectionCount == 3) }
        }
    }
}
