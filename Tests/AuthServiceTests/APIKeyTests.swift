import AuthService
import Contract
import JSON
import Primitives
import ServiceKit
import TestKit
import Testing

@Suite struct APIKeyTests {
    private static let author: JSONObject = ["name": "robot", "scopes": ["comments:write"]]

    private func signedIn(_ email: String, _ auth: AuthHarness) async throws -> TestClient {
        try await auth.signedIn(try await auth.newAccount(email))
    }

    private func resolve(_ key: String?, _ auth: AuthHarness) async throws -> Reply {
        let digest = Hex.encode(APIKey(key ?? "")?.digest ?? [])
        return try await auth.call("resolveAPIKey", path: [("digest", digest)], by: RefreshTests.peer)
    }

    private func grant(_ key: String?, _ auth: AuthHarness) async throws -> String {
        let reply = try await resolve(key, auth)
        return try #require(reply["grant"], "\(reply)")
    }

    @Test func aKeyIsShownOnceAndStandsForItsOwner() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let owner = try await signedIn("ann@example.com", auth)
                var body = Self.author
                body["allowedCidrs"] = ["10.0.0.0/8"]
                let made = try await auth.call("createAPIKey", body, by: owner)
                let text = try #require(made["key"])
                let key = try #require(APIKey(text))
                #expect(made.status == 201 && text.hasPrefix("cwk_live_\(key.prefix)") && made["prefix"] == key.prefix)
                let grant = try await resolve(text, auth)
                #expect(grant["account"] == owner.account?.id.description && grant["key"] == made["id"])
                #expect(grant.body["scopes"]?.array?.compactMap(\.string) == ["comments:write"])
                #expect(grant.body["allowedCidrs"]?.array?.compactMap(\.string) == ["10.0.0.0/8"])
                let path = [(name: "key", value: try #require(made["id"]))]
                let read = try await auth.call("readAPIKey", path: path, by: owner)
                #expect(read.status == 200 && read["key"] == nil && read["lastUsedAt"] != nil)
                let list = try await auth.call("listAPIKeys", by: owner)
                #expect(list.body["items"]?.array?.count == 1)
                #expect(!"\(list.body)\(read.body)".contains(text.suffix(40)))
                // Ninety days later it is over.
                auth.clock.advance(by: .seconds(90 * 86_400 - 60))
                #expect(try await resolve(text, auth).status == 200)
                auth.clock.advance(by: .seconds(61))
                #expect(try await resolve(text, auth).code == "api-key-invalid")
            }
        }
    }

    @Test func noKeyMayDoMoreThanItsOwner() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let owner = try await signedIn("ben@example.com", auth)
                let more: JSONObject = ["name": "robot", "scopes": ["comments:write", "accounts:admin"]]
                let refused = try await auth.call("createAPIKey", more, by: owner)
                #expect(refused.code == "scope-exceeds-owner" && refused.errors == ["scope"])
                let made = try await auth.call("createAPIKey", Self.author, by: owner)
                let path = [(name: "key", value: try #require(made["id"]))]
                let always = ["if-match": "*"]
                let wider = try await auth.call(
                    "updateAPIKey", ["scopes": ["accounts:admin"]], path: path, headers: always, by: owner)
                #expect(wider.code == "scope-exceeds-owner")
                for body in [
                    ["name": "", "scopes": []], ["name": "x", "scopes": [], "expiresInDays": 0],
                    ["name": "x", "scopes": [], "allowedCidrs": ["10.0.0.1/8"]],
                    ["name": "x", "scopes": ["comments:write", "comments:write"]],
                ] as [JSONObject] {
                    #expect(try await auth.call("createAPIKey", body, by: owner).code == "validation", "\(body)")
                }
                let other = try await signedIn("bob@example.com", auth)
                for operation in ["readAPIKey", "updateAPIKey", "deleteAPIKey", "rotateAPIKey"] {
                    let reply = try await auth.call(operation, [:], path: path, headers: always, by: other)
                    #expect(reply.code == "not-found", "\(operation)")
                }
            }
        }
    }

    @Test func aChangeEndsTheGrantEverywhere() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let owner = try await signedIn("cid@example.com", auth)
                let made = try await auth.call("createAPIKey", Self.author, by: owner)
                let path = [(name: "key", value: try #require(made["id"]))]
                func change(_ body: JSONObject, _ tag: String = "*") async throws -> Reply {
                    try await auth.call("updateAPIKey", body, path: path, headers: ["if-match": tag], by: owner)
                }
                let first = try await grant(made["key"], auth)
                #expect(try await change(["name": "other"]).status == 200)
                #expect(try await change(["name": "third"], "\"1\"").code == "precondition-failed")
                #expect(try await auth.call("updateAPIKey", [:], path: path, by: owner).code == "precondition-required")
                #expect(try await grant(made["key"], auth) == first)
                #expect(try await change(["scopes": []]).status == 200)
                let second = try await grant(made["key"], auth)
                #expect(second != first)
                try await auth.isPushed(first)
                let rotated = try await auth.call("rotateAPIKey", [:], path: path, by: owner)
                #expect(rotated.status == 200 && rotated["id"] == made["id"] && rotated["key"] != made["key"])
                try await auth.isPushed(second)
                #expect(try await resolve(made["key"], auth).code == "api-key-invalid")
                let third = try await grant(rotated["key"], auth)
                let gone = try await auth.call("deleteAPIKey", path: path, headers: ["if-match": "*"], by: owner)
                #expect(gone.status == 204)
                try await auth.isPushed(third)
                #expect(try await resolve(rotated["key"], auth).code == "api-key-invalid")
            }
        }
    }

    /// A strong tag stands for one representation, and yet a use is no change that somebody could have missed.
    @Test func aUseMakesAnotherTagOfTheSameVersion() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let owner = try await signedIn("eva@example.com", auth)
                let made = try await auth.call("createAPIKey", Self.author, by: owner)
                let path = [(name: "key", value: try #require(made["id"]))]
                func read() async throws -> Reply { try await auth.call("readAPIKey", path: path, by: owner) }
                var tags = [try #require(made["etag"])]
                #expect(try await read()["etag"] == tags[0])
                for _ in 1...2 {
                    auth.clock.advance(by: .seconds(60))
                    _ = try await grant(made["key"], auth)
                    tags.append(try #require(try await read()["etag"]))
                }
                #expect(Set(tags).count == 3 && Set(tags.map { EntityTag($0)?.version }) == [1])
                let list = try await auth.call("listAPIKeys", by: owner)
                #expect(list.body["items"]?.array?.first?.object?["etag"]?.string == tags[2])
                let changed = try await auth.call(
                    "updateAPIKey", ["name": "other"], path: path, headers: ["if-match": tags[0]], by: owner)
                #expect(changed.status == 200 && changed["etag"].flatMap { EntityTag($0) }?.version == 2)
            }
        }
    }

    /// Forty keys of the one account there is.
    private static let fillUp = """
        INSERT INTO auth.api_keys (
            id, account, grant_id, name, prefix, key_sha256, scopes, allowed_cidrs, created_at, updated_at, expires_at)
        SELECT gen_random_uuid(), accounts.id, gen_random_uuid(), 'more', 'more', sha256(number::text::bytea), '{}',
            '{}', now(), now(), now()
        FROM auth.accounts, generate_series(1, 40) AS number
        """

    @Test func keysAreMadeTenTimesAnHour() async throws {
        try await AuthHarness.run { auth in
            try await auth.working {
                let owner = try await signedIn("dan@example.com", auth)
                var made = try await auth.call("createAPIKey", Self.author, by: owner)
                for _ in 2...10 { made = try await auth.call("createAPIKey", Self.author, by: owner) }
                #expect(made.status == 201)
                let refused = try await auth.call("createAPIKey", Self.author, by: owner)
                #expect(refused.code == "rate-limited" && refused.retryAfter != nil)
                let path = [(name: "key", value: try #require(made["id"]))]
                #expect(try await auth.call("rotateAPIKey", [:], path: path, by: owner).code == "rate-limited")
                #expect(auth.reached("new-api-keys") == 2 && auth.reached("api-keys-per-account") == 0)
                try await auth.testDatabase.administer(Self.fillUp)
                let other = AuthHarness(beside: auth, AuthHarness.Options())
                #expect(try await other.call("createAPIKey", Self.author, by: owner).code == "too-many-api-keys")
                #expect(other.reached("api-keys-per-account") == 1 && other.reached("new-api-keys") == 0)
            }
        }
    }

    @Test func aKeyIsRecognisedByItsForm() {
        let key = APIKey.make(environment: "test")
        let text = key.text.exposedValue
        #expect(text.count == 9 + 57 && APIKey(text)?.digest == key.digest && APIKey(text)?.prefix == key.prefix)
        for index in text.indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "x" ? "y" : "x")
            #expect(APIKey(changed) == nil, "\(changed)")
        }
        #expect(Set((1...50).map { _ in APIKey.make(environment: "test").text.exposedValue }).count == 50)
        #expect("\(key)".contains(text.suffix(30)) == false)
    }
}
