import Contract
import JSON
import Primitives
import Protocol
import ServiceKit
import TestKit
import Testing

extension BudgetWalk {
    /// Takes an account away and gives it back, then for good.
    func administer(_ id: AccountID) async throws {
        let admin = CallerContext(
            issuer: .gateway,
            account: CallerContext.Account(
                id: .make(), session: .make(), roles: ["admin"], permissions: Role.permissions(of: ["admin"]),
                authenticatedAt: .now, methods: ["pwd"], epoch: 1))
        let (auth, path) = (suite.auth, ["account": id.description])
        #expect(try await auth.call(ReadAnyAccount.self, path: path, as: admin).status == 200)
        #expect(try await auth.call(DisableAccount.self, path: path, body: "{}", as: admin).status == 200)
        #expect(try await auth.call(EnableAccount.self, path: path, body: "{}", as: admin).status == 200)
        #expect(try await auth.call(DeleteAccount.self, path: path, as: admin).status == 204)
    }
}

extension BudgetWalk {
    /// Makes a key, uses it, changes it in every way, and deletes it.
    func keys(_ person: CallerContext) async throws {
        let auth = suite.auth
        let made = try await auth.call(
            CreateAPIKey.self, body: #"{"name":"robot","scopes":["articles:write"]}"#, as: person)
        #expect(made.status == 201)
        let path = ["key": made["id"]?.string ?? ""]
        let key = try #require(APIKey(made["key"]?.string ?? ""))
        let gateway = CallerContext(issuer: .gateway)
        let resolved = try await auth.call(
            ResolveAPIKey.self, path: ["digest": Hex.encode(key.digest)], as: gateway)
        #expect(resolved.status == 200)
        #expect(try await auth.call(ListAPIKeys.self, as: person).status == 200)
        #expect(try await auth.call(ReadAPIKey.self, path: path, as: person).status == 200)
        let change = try await auth.call(
            UpdateAPIKey.self, path: path, ifMatch: "*", body: #"{"scopes":[]}"#, as: person)
        #expect(change.status == 200)
        #expect(try await auth.call(RotateAPIKey.self, path: path, body: "{}", as: person).status == 200)
        #expect(try await auth.call(DeleteAPIKey.self, path: path, ifMatch: "*", as: person).status == 204)
    }
}
