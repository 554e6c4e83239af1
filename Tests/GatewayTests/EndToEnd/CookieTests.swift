import Contract
import Foundation
import HTTP
import Primitives
import ServiceKit
import TestKit
import Testing

@testable import Gateway

@Suite("Cookies")
struct CookieTests {
    private static let own = ["-H", "Sec-Fetch-Site: same-origin"]
    private static let post = ["-X", "POST", "-d", "{}"]

    private static func cookie(_ token: String) -> [String] { ["-H", "Cookie: theme=dark; __Host-at=\(token)"] }

    private static func proof(_ session: SessionID, _ gateway: TestGateway) throws -> [String] {
        let keys = try KeysDirectory(path: gateway.folder.path).keys(.context(from: .gateway, to: .auth))
        return ["-H", "X-CSRF-Token: \(SessionProof(contextKeys: keys.map(\.bytes)).token(for: session))"]
    }

    @Test("carry a caller, who changes nothing without proof of the page", arguments: ["--http2", "--http1.1"])
    func caller(version: String) async throws {
        try await TestGateway.with { gateway in
            let (session, account) = (SessionID.make(), AccountID.make())
            let cookie = Self.cookie(gateway.token(session: session, account: account)) + [version]
            let proof = try Self.proof(session, gateway)
            #expect(try await gateway.get("/v1/articles", cookie).status == 200)
            #expect(try gateway.lastContext()?.account?.id == account)
            #expect(gateway.service.calls.allSatisfy { !$0.fields.contains("cookie") })
            let publicPage = ["-H", "Origin: \(TestGateway.publicURL)"]
            for page in [Self.own, publicPage, publicPage + ["-H", "Sec-Fetch-Site: same-site"]] {
                #expect(try await gateway.get("/v1/articles", cookie + Self.post + proof + page).status == 200)
            }
            let before = gateway.service.calls.count
            let forged: [[String]] = [
                [], Self.own, proof, proof + ["-H", "Sec-Fetch-Site: cross-site"],
                proof + ["-H", "Sec-Fetch-Site: same-site"], proof + ["-H", "Sec-Fetch-Site: none"],
                proof + ["-H", "Origin: https://evil.example"], proof + ["-H", "Origin: null"],
                proof + publicPage + ["-H", "Origin: https://evil.example"],
                Self.own + (try Self.proof(.make(), gateway)), Self.own + ["-H", "X-CSRF-Token: "],
                Self.own + ["-H", "X-CSRF-Token: \(String(repeating: "A", count: 43))"],
            ]
            for arguments in forged {
                let reply = try await gateway.get("/v1/articles", cookie + Self.post + arguments)
                #expect(reply.status == 403 && reply.json["code"] == "csrf-failed", "\(arguments): \(reply)")
            }
            #expect(gateway.service.calls.count == before)
        }
    }

    @Test("are one of the credentials, of which there is one")
    func one() async throws {
        try await TestGateway.with { gateway in
            let token = gateway.token()
            let bearer = ["-H", "Authorization: Bearer \(token)"]
            let key = ["-H", "X-API-Key: k"]
            for two in [
                Self.cookie(token) + bearer, Self.cookie(token) + key, bearer + key,
                ["-H", "Cookie: __Host-at=a; __Host-at=b"], key + key,
            ] {
                let reply = try await gateway.get("/v1/articles", two)
                #expect(reply.status == 400 && reply.json["code"] == "credentials-conflict", "\(two): \(reply)")
            }
            // The other cookie is no credential here, nor are names that only look like it.
            for cookie in ["__Host-rt=x", "x__Host-at=y", "__Host-atx=y", "__host-at=y", "__Host-at="] {
                #expect(try await gateway.get("/v1/articles", bearer + ["-H", "Cookie: \(cookie)"]).status == 200)
            }
            #expect(gateway.service.calls.allSatisfy { !$0.fields.contains("cookie") })
        }
    }

    @Test("that are no good keep nobody from what anyone may do, nor from signing in anew")
    func stale() async throws {
        try await TestGateway.with { gateway in
            let stale = Self.cookie(gateway.token(age: .seconds(1000)))
            let read = try await gateway.get("/v1/articles", stale)
            #expect(read.status == 200)
            #expect(try gateway.lastContext()?.account == nil)
            #expect(try await gateway.get("/v1/users/me", stale).json["code"] == "access-token-invalid")
            for path in ["/v1/auth/login", "/v1/auth/token/refresh"] {
                for cookie in [stale, Self.cookie(gateway.token())] {
                    #expect(try await gateway.get(path, cookie + Self.post).status == 200)
                    #expect(gateway.service.calls.last?.target == path)
                }
            }
        }
    }

    @Test("of refresh tokens reach refresh and logout alone, and from our own pages alone")
    func refreshCookie() async throws {
        try await TestGateway.with { gateway in
            let cookie = ["-H", "Cookie: __Host-rt=v1.abc-_; other=1"]
            for path in ["/v1/auth/token/refresh", "/v1/auth/logout"] {
                #expect(try await gateway.get(path, cookie + Self.post + Self.own).status == 200)
                #expect(gateway.service.calls.last?.fields.values("cookie") == ["__Host-rt=v1.abc-_"])
                for page in [[], ["-H", "Sec-Fetch-Site: same-site"], ["-H", "Origin: https://evil.example"]] {
                    let refused = try await gateway.get(path, cookie + Self.post + page)
                    #expect(refused.status == 403 && refused.json["code"] == "csrf-failed", "\(refused)")
                }
            }
            for path in ["/v1/auth/login", "/v1/auth/register", "/v1/articles"] {
                _ = try await gateway.get(path, cookie + (path == "/v1/articles" ? [] : Self.post) + Self.own)
                #expect(gateway.service.calls.last?.target == path)
                #expect(gateway.service.calls.last?.fields.contains("cookie") == false)
            }
            // None that the suite has set is so long; that one was left out is counted.
            let limit = "limits_reached_total{limit=\"cookie-bytes\"}"
            for (count, passes) in [(512, true), (513, false)] {
                let long = ["-H", "Cookie: __Host-rt=\(String(repeating: "a", count: count))"]
                #expect(try await gateway.get("/v1/auth/logout", long + Self.post + Self.own).status == 200)
                #expect(gateway.service.calls.last?.fields.contains("cookie") == passes)
                #expect(try await gateway.metric(limit) == (passes ? 0 : 1))
            }
            // One that is set twice is nobody's.
            let twice = ["-H", "Cookie: __Host-rt=a; __Host-rt=b"]
            _ = try await gateway.get("/v1/auth/logout", twice + Self.post + Self.own)
            #expect(gateway.service.calls.last?.fields.contains("cookie") == false)
        }
    }

    @Test("are set by sign-in, refresh and logout alone, and for our own pages alone")
    func set() async throws {
        try await TestGateway.with { gateway in
            let asking = ["-H", "X-Token-Transport: cookie"]
            let login = try await gateway.get("/v1/auth/login?do=fields", asking + Self.post + Self.own)
            #expect(login.status == 200 && login["set-cookie"] == "a=b", "\(login)")
            #expect(gateway.service.calls.last?.fields.first("x-token-transport") == "cookie")
            #expect(try await gateway.get("/v1/articles?do=fields")["set-cookie"] == nil)
            let elsewhere = try await gateway.get("/v1/auth/login?do=fields", asking + Self.post)
            #expect(elsewhere.json["code"] == "csrf-failed")
        }
    }

    @Test("are found in every field that holds some")
    func parsing() {
        let fields: HeaderFields = ["cookie": "a=1; b=2;c=3", "accept": "a=4", "cookie": "a=5; ab=6"]
        #expect(fields.cookies("a").map { String(decoding: $0, as: UTF8.self) } == ["1", "5"])
        #expect(fields.cookies("c").map { String(decoding: $0, as: UTF8.self) } == ["3"])
        #expect(fields.cookies("d").isEmpty)
    }
}
