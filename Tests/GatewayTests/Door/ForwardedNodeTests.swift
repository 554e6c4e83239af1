import HTTP
import Primitives
import Testing
import Transport

@testable import Gateway

@Suite struct ForwardedNodeTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), (" 192.0.2.1\t", "192.0.2.1"), ("192.0.2.1:8080", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:47011", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("", nil), ("unknown", nil), ("_hidden", nil), ("192.0.2.1:", nil),
        ("192.0.2.1:x", nil), ("192.0.2.1:123456", nil), ("192.0.2.256", nil), ("[192.0.2.1]", nil),
        ("[2001:db8::1", nil), ("[2001:db8::1]x", nil), ("192.0.2.1 192.0.2.2", nil), ("localhost", nil),
    ]) func nodes(text: String, address: String?) {
        #expect(ForwardedNode.address(text)?.text == address)
    }

    @Test(arguments: [
        ("for=192.0.2.1", ["192.0.2.1"]), ("For=192.0.2.1;proto=https;by=203.0.113.4", ["192.0.2.1"]),
        ("for=192.0.2.1, for=198.51.100.1 , for=\"[2001:db8::1]:1\"", ["192.0.2.1", "198.51.100.1", "2001:db8::1"]),
        ("for=[2001:db8::1]", ["2001:db8::1"]), ("proto=https", ["-"]), ("for=unknown,for=_a", ["-", "-"]),
        ("for=\"192.0.2.1\\\"", ["-"]), ("for=192.0.2.1;for=192.0.2.2", ["-"]), ("", ["-"]), (";", ["-"]),
        ("for=\"1, for=192.0.2.9\", for=192.0.2.1", ["-", "192.0.2.1"]), ("for", ["-"]), ("for=192.0.2.1 x", ["-"]),
        ("for =192.0.2.1", ["-"]), ("host=\"a,b;c\";for=192.0.2.1", ["192.0.2.1"]),
    ]) func chains(value: String, nodes: [String]) {
        #expect(ForwardedNode.chain(value).map { $0?.text ?? "-" } == nodes, "\(value)")
    }

    private func client(
        _ field: DoorConfiguration.ProxyField, _ lines: [(String, String)], over peer: String = "10.0.0.1"
    ) throws -> String? {
        var door = DoorConfiguration()
        door.trustedProxies = try ["10.0.0.0/8", "2001:db8::/32"].map { try #require(AddressRange($0)) }
        door.proxyField = field
        var fields = HeaderFields()
        for (name, value) in lines { fields.append(name, value) }
        return switch TrustedProxies(door).find(fields, over: try #require(PeerAddress(text: peer))) {
        case .peer: nil
        case .client(let client): client.text
        case .hidden(let proxy): "?" + (proxy?.text ?? "")
        case .tooFar(let proxy): "…" + (proxy?.text ?? "")
        }
    }

    @Test(arguments: [
        (["192.0.2.1"], "192.0.2.1"), (["1.1.1.1, 192.0.2.1"], "192.0.2.1"),
        (["1.1.1.1, 192.0.2.1, 10.0.0.2, 10.9.9.9"], "192.0.2.1"), (["1.1.1.1", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"), (["192.0.2.1, unknown"], "?"),
        (["192.0.2.1, junk, 10.0.0.2"], "?10.0.0.2"),
        ([""], "?"), (["192.0.2.1,"], "?"), ([], nil), (["192.0.2.1, 2001:db8::7"], "192.0.2.1"),
    ]) func lastUntrusted(lines: [String], address: String?) throws {
        let lines = lines.map { ("x-forwarded-for", $0) }
        #expect(try client(.forwardedFor, lines) == address)
        #expect(try client(.forwardedFor, lines, over: "192.0.2.200") == nil)
    }

    @Test func otherFieldsSayNothing() throws {
        let both = [("forwarded", "for=192.0.2.1"), ("x-forwarded-for", "192.0.2.2"), ("x-real-ip", "192.0.2.3")]
        #expect(try client(.forwardedFor, both) == "192.0.2.2")
        #expect(try client(.forwarded, both) == "192.0.2.1")
        #expect(try client(.forwarded, [("x-forwarded-for", "192.0.2.2")]) == nil)
        // A tale of endless hops is not read to its end.
        let long = Array(repeating: "10.0.0.1", count: 2000).joined(separator: ",")
        #expect(try client(.forwardedFor, [("x-forwarded-for", "192.0.2.1," + long)]) == "…10.0.0.1")
        let most = Array(repeating: "10.0.0.1", count: 31).joined(separator: ",")
        #expect(try client(.forwardedFor, [("x-forwarded-for", "192.0.2.1," + most)]) == "192.0.2.1")
        #expect(try client(.forwardedFor, [("x-forwarded-for", "192.0.2.1,10.0.0.1," + most)]) == "…10.0.0.1")
    }

    @Test func whateverComes() throws {
        let letters = Array("for=by;,\"\\[]:. 01fF\t_")
        for _ in 0..<3000 {
            let value = String((0..<Int.random(in: 0...40)).map { _ in letters[Int.random(in: 0..<letters.count)] })
            let nodes = ForwardedNode.chain(value)
            #expect((1...value.count(where: { $0 == "," }) + 1).contains(nodes.count), "\(value)")
            for node in nodes.compactMap(\.self) { #expect(value.contains("for="), "\(value): \(node.text)") }
            #expect(try client(.forwarded, [("forwarded", value), ("forwarded", "for=192.0.2.1")]) == "192.0.2.1")
        }
    }
}
