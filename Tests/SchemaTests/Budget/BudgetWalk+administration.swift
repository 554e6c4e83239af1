import Contract
import Primitives
import Protocol
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
