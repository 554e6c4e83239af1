import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite("Pages of other origins")
struct CrossOriginTests {
    private static let origin = "https://app.example"

    private static func from(_ origin: String) -> [String] { ["-H", "Origin: \(origin)"] }

    private static func preflight(_ method: String, _ origin: String = origin) -> [String] {
        ["-X", "OPTIONS", "-H", "Access-Control-Request-Method: \(method)"] + from(origin)
    }

    private func vary(_ reply: TestGateway.Reply) -> String {
        reply.fields.filter { $0.name == "vary" }.map(\.value).joined(separator: ", ")
    }

    @Test("read answers and problems where their origin is listed, and nothing where it is not")
    func listed() async throws {
        try await TestGateway.with(change: { $0.crossOrigins = [Self.origin, "https://b.example:8443"] }) { gateway in
            for (path, status) in [("/v1/articles", 200), ("/v1/users/me", 401), ("/nowhere", 404), ("/livez", 200)] {
                let reply = try await gateway.get(path, Self.from(Self.origin))
                #expect(reply.status == status && reply["access-control-allow-origin"] == Self.origin, "\(reply)")
                #expect(reply["access-control-allow-credentials"] == nil)
                let exposed = reply["access-control-expose-headers"] ?? ""
                for name in ["etag", "location", "ratelimit", "x-request-id", "retry-after", "link"] {
                    #expect(exposed.split(separator: ", ").contains(Substring(name)), "\(name) of \(exposed)")
                }
                #expect(!exposed.contains("set-cookie") && !exposed.contains("*"))
                #expect(vary(reply).contains("origin"))
            }
            for origin in ["https://app.example.evil", "http://app.example", "https://APP.example", "null", "*", ""] {
                let reply = try await gateway.get("/v1/articles", Self.from(origin))
                #expect(reply.status == 200 && vary(reply).contains("origin"), "\(origin): \(reply)")
                #expect(!reply.fields.contains { $0.name.hasPrefix("access-control-") }, "\(origin): \(reply)")
            }
            // A cache must not give the answer without to those who need it with.
            #expect(vary(try await gateway.get("/v1/articles")).contains("origin"))
            let two = try await gateway.get("/v1/articles", Self.from(Self.origin) + Self.from(Self.origin))
            #expect(two["access-control-allow-origin"] == nil)
        }
    }

    @Test("are told by the edge what they may send, from the contracts")
    func preflights() async throws {
        try await TestGateway.with(change: { $0.crossOrigins = [Self.origin] }) { gateway in
            let post = try await gateway.get("/v1/articles", Self.preflight("POST"))
            #expect(post.status == 204 && post.body.isEmpty && post["access-control-allow-origin"] == Self.origin)
            #expect(post["access-control-allow-methods"] == "GET, POST, HEAD, OPTIONS")
            #expect(post["access-control-max-age"] == "600")
            let names = Set((post["access-control-allow-headers"] ?? "").components(separatedBy: ", "))
            #expect(names.isSuperset(of: ["authorization", "content-type", "x-csrf-token", "idempotency-key"]))
            #expect(vary(post).contains("access-control-request-headers"))
            #expect(post["access-control-allow-private-network"] == nil)
            let patch = try await gateway.get("/v1/users/me", Self.preflight("PATCH"))
            #expect(patch["access-control-allow-headers"]?.contains("if-match") == true, "\(patch)")
            let login = try await gateway.get("/v1/auth/login", Self.preflight("POST"))
            #expect(login["access-control-allow-headers"]?.contains("x-token-transport") == true, "\(login)")
            let other = try await gateway.get("/v1/articles", Self.preflight("POST", "https://evil.example"))
            #expect(other.status == 204 && other["allow"] == "GET, POST, HEAD, OPTIONS")
            #expect(!other.fields.contains { $0.name.hasPrefix("access-control-") }, "\(other)")
            let nowhere = try await gateway.get("/nowhere", Self.preflight("GET"))
            #expect(nowhere.status == 404 && nowhere["access-control-allow-origin"] == Self.origin)
            #expect(gateway.service.calls.isEmpty)
        }
    }

    @Test("are not spoken of where none is listed, and use cookies only where that is said")
    func off() async throws {
        try await TestGateway.with { gateway in
            let reply = try await gateway.get("/v1/articles", Self.from(Self.origin))
            #expect(reply["vary"] == nil && reply["access-control-allow-origin"] == nil)
            let preflight = try await gateway.get("/v1/articles", Self.preflight("POST"))
            #expect(preflight.status == 204 && preflight["access-control-allow-methods"] == nil)
        }
        let change: (inout GatewayConfiguration) -> Void = {
            ($0.crossOrigins, $0.crossOriginCredentials) = ([Self.origin], true)
        }
        try await TestGateway.with(change: change) { gateway in
            let reply = try await gateway.get("/v1/articles", Self.from(Self.origin))
            #expect(reply["access-control-allow-credentials"] == "true")
            #expect(reply["access-control-allow-origin"] == Self.origin)
        }
    }

    @Test(
        "are named as browsers name them",
        arguments: [
            ("https://app.example", true), ("https://app.example:8443", true), ("http://localhost:3000", true),
            ("https://[::1]:3000", true), ("*", false), ("null", false), ("https://*.example", false),
            ("https://app.example/", false), ("https://app.example:443", false), ("https://App.example", false),
            ("app.example", false), ("ftp://app.example", false), ("", false),
        ])
    func names(text: String, isOrigin: Bool) {
        #expect(Origin.isCanonical(text) == isOrigin)
    }
}
