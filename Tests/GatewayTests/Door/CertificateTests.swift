import Foundation
import ServiceKit
import TestKit
import Testing

@testable import Gateway

@Suite("The edge's certificates")
struct CertificateTests {
    private let folder: TestFolder
    private let authority: TestAuthority

    init() async throws {
        folder = try TestFolder()
        authority = try await .make()
    }

    private func put(_ name: String, _ files: TestAuthority.Files) throws {
        for (source, target, mode) in [(files.key, "key", 0o600), (files.certificate, "certificate", 0o644)] {
            let path = "\(folder.path)/\(name)-\(target).pem"
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: source, toPath: path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
    }

    /// What curl says about `host`, trusting the authority: 0 for a certificate that names it.
    private func trust(_ host: String, _ gateway: TestGateway) async throws -> Int32 {
        let port = gateway.ports.https
        return try await gateway.curl([
            "--cacert", authority.root, "--resolve", "\(host):\(port):127.0.0.1", "-o", "/dev/null",
            "https://\(host):\(port)/livez",
        ]).exit
    }

    private func with(
        _ change: (inout DoorConfiguration) -> Void = { _ in }, _ body: (TestGateway) async throws -> Void
    ) async throws {
        try put("gateway", try await authority.issue(["DNS:gateway.test", "IP:127.0.0.1"]))
        try await TestGateway.with(
            change: {
                $0.certificateDirectory = KeysDirectory(path: folder.path)
                change(&$0.door)
            }, body)
    }

    @Test("By server name, wildcards among them; new files are seen, bad ones are not taken, and nobody is cut off")
    func names() async throws {
        try put("shop", try await authority.issue(["DNS:shop.test", "DNS:*.shop.test"]))
        try await with({ $0.certificateInterval = .milliseconds(50) }) { gateway async throws in
            for host in ["gateway.test", "shop.test", "a.shop.test"] {
                #expect(try await trust(host, gateway) == 0, "\(host)")
            }
            for host in ["a.b.shop.test", "other.test"] { #expect(try await trust(host, gateway) == 60, "\(host)") }
            let open = try ChildProcess([
                "openssl", "s_client", "-quiet", "-connect", "127.0.0.1:\(gateway.ports.https)", "-servername",
                "shop.test",
            ])

            try put("other", try await authority.issue(["DNS:other.test"]))
            try await eventually { try await trust("other.test", gateway) == 0 }
            try put("shop", try await authority.issue(["DNS:renewed.test"]))
            try await eventually { try await trust("renewed.test", gateway) == 0 }
            #expect(try await trust("shop.test", gateway) == 60)

            try "broken".write(toFile: folder.path + "/other-key.pem", atomically: true, encoding: .utf8)
            try await eventually { gateway.gateway.certificates.failedReloads > 0 }
            #expect(try await trust("other.test", gateway) == 0)
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            #expect(metrics.contains("tls_certificate_reload_failures_total 1"))
            try put("other", try await authority.issue(["DNS:mended.test"]))
            try await eventually { try await trust("mended.test", gateway) == 0 }

            open.write("HEAD /livez HTTP/1.1\r\nhost: shop.test\r\n\r\n")
            #expect(await open.nextLine()?.hasPrefix("HTTP/1.1 200") == true)
            open.send(signal: SIGTERM)
        }
    }

    @Test("Clients' own: asked for or demanded, by authority, and for the host that they were shown to")
    func clients() async throws {
        let known = try await authority.issue(["DNS:client.test"], commonName: "client")
        let strange = try await (try await TestAuthority.make()).issue(["DNS:client.test"])
        func show(_ files: TestAuthority.Files) -> [String] { ["--cert", files.certificate, "--key", files.key] }
        func ask(_ gateway: TestGateway, _ options: [String]) async throws -> Int {
            try await gateway.get("/livez", ["--cacert", authority.root] + options).status
        }
        try await with({ $0.clientCertificates = .optional(authorities: authority.root) }) { gateway async throws in
            let statuses = [
                try await ask(gateway, []), try await ask(gateway, show(known)), try await ask(gateway, show(strange)),
            ]
            #expect(statuses == [200, 200, 0])
        }
        try await with({ $0.clientCertificates = .required(authorities: authority.root) }) { gateway async throws in
            for version in ["--tlsv1.3", "--tls-max"] {
                let version = version == "--tls-max" ? [version, "1.2"] : [version]
                #expect(try await ask(gateway, version) == 0)
                #expect(try await ask(gateway, version + show(known)) == 200)
                #expect(try await ask(gateway, version + show(strange)) == 0)
            }
            let port = gateway.ports.https
            func asked(for host: String, _ version: String) async throws -> Int {
                try await gateway.curl(
                    show(known) + [
                        version, "--cacert", authority.root, "--resolve",
                        "gateway.test:\(port):127.0.0.1", "-H", "Host: \(host)", "https://gateway.test:\(port)/livez",
                    ]
                ).status
            }
            for version in ["--http2", "--http1.1"] {
                #expect(try await asked(for: "gateway.test", version) == 200)
                #expect(try await asked(for: "GATEWAY.test:\(port)", version) == 200)
                #expect(try await asked(for: "other.test", version) == 421)
            }
            #expect(gateway.service.calls.isEmpty)
        }
        try await resumption(known)
        // Where nobody shows anything, one connection serves every name.
        try await with { gateway async throws in
            let status = try await ask(gateway, ["-H", "Host: other.test"])
            #expect(status == 200)
        }
    }

    /// A resumed session brings its client along, as long as the same authorities are believed.
    private func resumption(_ known: TestAuthority.Files) async throws {
        let authorities = folder.path + "/authorities"
        try FileManager.default.copyItem(atPath: authority.root, toPath: authorities)
        try await with({ $0.clientCertificates = .required(authorities: authorities) }) { gateway async throws in
            for version in ["-tls1_2", "-tls1_3"] {
                let file = "\(folder.path)/session\(version)"
                let first = try await gateway.openssl([
                    version, "-sess_out", file, "-cert", known.certificate, "-key", known.key,
                ])
                #expect(first.contains("\nNew, ") && first.contains("HTTP/1.1 200"), "\(first)")
                let again = try await gateway.openssl([version, "-sess_in", file])
                #expect(again.contains("\nReused, ") && again.contains("HTTP/1.1 200"), "\(again)")
            }
            let other = try await TestAuthority.make()
            try FileManager.default.removeItem(atPath: authorities)
            try FileManager.default.copyItem(atPath: other.root, toPath: authorities)
            try gateway.gateway.certificates.reload()
            for version in ["-tls1_2", "-tls1_3"] {
                let late = try await gateway.openssl([version, "-sess_in", "\(folder.path)/session\(version)"])
                #expect(!late.contains("HTTP/1.1 200"), "\(late)")
            }
        }
    }
}
