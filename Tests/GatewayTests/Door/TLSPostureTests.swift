import Foundation
import TestKit
import Testing

@testable import Gateway

/// What the TLS port offers and refuses, as clients that are not ours see it.
@Suite("The edge's TLS")
struct TLSPostureTests {
    private func metric(_ reason: String, _ gateway: TestGateway) async throws -> Bool {
        try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            .contains("reason=\"\(reason)\"")
    }

    @Test("sslscan finds nothing weak")
    func scan() async throws {
        try await TestGateway.with { gateway async throws in
            let outcome = try await ChildProcess.run(
                ["sslscan", "--no-colour", "--sni-name=localhost", "127.0.0.1:\(gateway.ports.https)"])
            let lines = outcome.text.split(separator: "\n").map(String.init)
            func has(_ words: String...) -> Bool { lines.contains { line in words.allSatisfy(line.contains) } }
            for version in ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"] { #expect(has(version, "disabled"), "\(version)") }
            #expect(has("TLSv1.2", "enabled") && has("TLSv1.3", "enabled"))
            #expect(has("Session renegotiation not supported") && has("Server supports TLS Fallback SCSV"))
            let accepted = lines.filter { $0.hasPrefix("Accepted") || $0.hasPrefix("Preferred") }
            let suites = accepted.compactMap { $0.split(separator: " ").dropFirst(4).first.map(String.init) }
            #expect(suites.count >= 6, "\(outcome.text)")
            for suite in suites {
                let isStrong = suite.hasPrefix("TLS_") || suite.hasPrefix("ECDHE-")
                #expect(isStrong && (suite.contains("GCM") || suite.contains("CHACHA20")), "\(suite)")
            }
            #expect(!lines.contains { $0.contains("vulnerable to") && !$0.contains("not vulnerable to") })
        }
    }

    @Test("A session is resumed, also after the certificates were read again; nothing is sent early")
    func resumption() async throws {
        try await TestGateway.with { gateway async throws in
            for version in ["-tls1_2", "-tls1_3"] {
                let file = gateway.folder.appending(path: "session" + version).path
                let first = try await gateway.openssl([version, "-sess_out", file])
                #expect(first.contains("\nNew, ") && first.contains("HTTP/1.1 200"), "\(first)")
                #expect(try await gateway.openssl([version, "-sess_in", file]).contains("\nReused, "))
                try gateway.gateway.certificates.reload()
                let again = try await gateway.openssl([version, "-sess_in", file, "-sess_out", file])
                #expect(again.contains("\nReused, ") && again.contains("HTTP/1.1 200"), "\(again)")
                #expect(!again.contains("Max Early Data: ") || again.contains("Max Early Data: 0"))
                #expect(again.contains("Compression: NONE"))
                // A ticket of the resumed session serves in its turn.
                #expect(try await gateway.openssl([version, "-sess_in", file]).contains("\nReused, "))
            }
            // A ticket that nothing here has sealed makes a whole handshake.
            let file = gateway.folder.appending(path: "session-tls1_3").path
            try await TestGateway.with { other async throws in
                let text = try await other.openssl(["-tls1_3", "-sess_in", file])
                #expect(text.contains("\nNew, "), "\(text)")
            }
        }
    }

    @Test("A client that wants to negotiate anew is cut off")
    func renegotiation() async throws {
        try await TestGateway.with { gateway async throws in
            let client = try ChildProcess([
                "openssl", "s_client", "-tls1_2", "-connect", "127.0.0.1:\(gateway.ports.https)",
            ])
            for await line in client.lines where line.contains("Extended master secret") { break }
            client.write("R\n")
            try await eventually { try await metric("tls-renegotiation", gateway) }
            #expect(await client.wait() != 0)
        }
    }
}
