import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite struct AcmeChallengesTests {
    @Test(arguments: [
        ("", nil), ("token", "token"), ("a-B_9", "a-B_9"), ("..", nil), ("a.b", nil), ("a/b", nil), ("a%2fb", nil),
        ("a b", nil), ("é", nil), (String(repeating: "a", count: 128), String(repeating: "a", count: 128)),
        (String(repeating: "a", count: 129), nil),
    ]) func tokens(text: String, token: String?) {
        #expect(AcmeChallenges.token("/.well-known/acme-challenge/" + text) == token)
        #expect(AcmeChallenges.token("/.well-known/acme/" + text) == nil)
    }

    @Test("Shows answers on the plain port, and nothing else of the folder")
    func answers() async throws {
        let folder = try TestFolder()
        try Data("token.thumbprint".utf8).write(to: URL(fileURLWithPath: folder.path + "/token"))
        try Data(repeating: 0x61, count: 513).write(to: URL(fileURLWithPath: folder.path + "/large"))
        try Data().write(to: URL(fileURLWithPath: folder.path + "/empty"))
        try FileManager.default.createDirectory(atPath: folder.path + "/folder", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: folder.path + "/token")
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        try await TestGateway.with(change: { $0.door.acmeFolder = folder.path }) { gateway async throws in
            let base = "http://127.0.0.1:\(gateway.ports.http)/.well-known/acme-challenge/"
            let answer = try await gateway.curl([base + "token"])
            #expect(answer.status == 200 && answer.body == "token.thumbprint")
            #expect(answer["x-content-type-options"] == "nosniff" && answer["cache-control"] == "no-store")
            for name in ["none", "large", "empty", "folder", "link", "pipe", "", "token/"] {
                #expect(try await gateway.curl([base + name]).status == 404, "\(name)")
            }
            #expect(try await gateway.curl(["--path-as-is", base + "../token"]).status == 400)
            #expect(try await gateway.curl([base + "%2e%2e%2ftoken"]).status == 400)
            #expect(try await gateway.curl(["-d", "x", base + "token"]).status == 400)
            #expect(try await gateway.get("/.well-known/acme-challenge/token").status == 404)
        }
        try await TestGateway.with { gateway async throws in
            let plain = "http://127.0.0.1:\(gateway.ports.http)/.well-known/acme-challenge/token"
            #expect(try await gateway.curl([plain]).status == 308)
        }
    }
}
