import AuthService
import Contract
import JSON
import Primitives
import ServiceKit
import TestKit
import Testing

@Suite struct CookieTokenTests {
    private static let asking = ["x-token-transport": "cookie"]

    private func value(_ name: String, _ reply: Reply) throws -> String {
        let cookie = try #require(reply.cookies.first { $0.hasPrefix("\(name)=") })
        return String(cookie.dropFirst(name.count + 1).prefix { $0 != ";" })
    }

    private func login(_ email: String, _ auth: AuthHarness) async throws -> Reply {
        try await auth.call(
            "login", ["email": .string(email), "password": .string(AuthHarness.password)], headers: Self.asking)
    }

    @Test func tokensTravelAsCookiesWhereThatIsAskedFor() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let plain = try await auth.newAccount("ada@example.com")
                #expect(plain.cookies.isEmpty && plain["csrfToken"] == nil && plain["accessToken"] != nil)
                let reply = try await login("ada@example.com", auth)
                #expect(reply.status == 200 && reply["accessToken"] == nil && reply["refreshToken"] == nil)
                #expect(reply.body["expiresIn"]?.integer == 900)
                let session = try #require(reply["sessionId"].flatMap(SessionID.init))
                let token = try #require(reply["csrfToken"])
                #expect(auth.secrets.proofs.isValid(token.utf8, for: session))
                #expect(!auth.secrets.proofs.isValid(token.utf8, for: .make()))
                let (access, refresh) = (try value("__Host-at", reply), try value("__Host-rt", reply))
                #expect(
                    reply.cookies == [
                        "__Host-at=\(access); Path=/; Max-Age=900; Secure; HttpOnly; SameSite=Lax",
                        "__Host-rt=\(refresh); Path=/; Max-Age=604800; Secure; HttpOnly; SameSite=Strict",
                    ])
                let wrong = try await auth.call(
                    "login", ["email": "ada@example.com", "password": "x"], headers: ["x-token-transport": "post"]
                )
                #expect(wrong.status == 400)
            }
        }
    }

    @Test func aCookieIsRefreshedAsACookie() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                _ = try await auth.newAccount("bob@example.com")
                let first = try await login("bob@example.com", auth)
                let cookie = ["cookie": "__Host-rt=\(try value("__Host-rt", first))"]
                let next = try await auth.call("refreshTokens", [:], headers: cookie)
                #expect(next.status == 200 && next["accessToken"] == nil && next["refreshToken"] == nil)
                #expect(next.cookies.count == 2 && next["csrfToken"] == first["csrfToken"])
                #expect(try value("__Host-rt", next) != value("__Host-rt", first))
                let both = try await auth.call("refreshTokens", ["refreshToken": "x"], headers: cookie)
                #expect(both.code == "credentials-conflict")
                #expect(try await auth.call("refreshTokens", [:]).code == "validation")
                let moved = try await auth.call(
                    "refreshTokens", ["refreshToken": .string(try value("__Host-rt", next))], headers: Self.asking)
                #expect(moved.cookies.count == 2 && moved["refreshToken"] == nil)
            }
        }
    }

    @Test func aCookieSignsOut() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let plain = try await auth.newAccount("eve@example.com")
                let caller = try await auth.signedIn(plain)
                #expect(try await auth.call("logout").code == "unauthenticated")
                let reply = try await login("eve@example.com", auth)
                let cookie = ["cookie": "__Host-rt=\(try value("__Host-rt", reply))"]
                let out = try await auth.call("logout", headers: cookie)
                #expect(out.status == 204)
                #expect(
                    out.cookies == [
                        "__Host-at=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
                        "__Host-rt=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
                    ])
                #expect(try await auth.call("refreshTokens", [:], headers: cookie).code == "session-revoked")
                try await auth.isPushed(try #require(reply["sessionId"]))
                // Again, and with what was never made here: nothing to end, and the cookies go all the same.
                for value in [cookie, ["cookie": "__Host-rt=forged"]] {
                    #expect(try await auth.call("logout", headers: value).cookies.count == 2)
                }
                #expect(try await auth.call("readMe", by: caller).status == 200)
                #expect(try await auth.call("logout", by: caller).cookies.isEmpty)
            }
        }
    }
}
