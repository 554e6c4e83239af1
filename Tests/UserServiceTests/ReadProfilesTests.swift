import Contract
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing
import UserService

@Suite struct ReadProfilesTests {
    @Test func anyoneReadsByIDOrHandle() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada Lovelace")
            _ = try await fixture.me(id)
            func read(_ user: String) async throws -> EndpointProbe.Reply {
                try await fixture.probe.call(ReadProfile.self, path: ["user": user], as: .anonymous)
            }
            for user in [id.description, "@ada-lovelace", "@Ada-Lovelace"] {
                let reply = try await read(user)
                #expect(reply["id"]?.string == id.description)
                #expect(reply["handle"]?.string == "ada-lovelace")
                #expect(reply["locale"] == nil && reply["createdAt"] == nil)
            }
            for user in ["@", "@nobody", "nobody", "@a--b", "@\u{0}", "@' OR 1=1 --", AccountID.make().description, ""]
            {
                #expect(try await read(user).code == "not-found", "\(user)")
            }
            // Strangers make no work for auth.
            #expect(fixture.auth.calls == 1)
        }
    }

    private func many(
        _ ids: [AccountID], _ fixture: UserFixture, as context: CallerContext = .peer
    ) async throws -> EndpointProbe.Reply {
        try await fixture.probe.call(
            ReadProfiles.self, query: "ids=" + ids.map(\.description).joined(separator: ","), as: context)
    }

    @Test func peersReadManyAndMissingOnesAreMade() async throws {
        try await UserFixture.with { (fixture) async throws in
            let known = (0..<3).map { fixture.account(named: "Known \($0)") }
            for id in known { _ = try await fixture.me(id) }
            let new = (0..<20).map { fixture.account(named: "New \($0)") }
            let asked = [new[0], known[2], .make(), known[0], new[0]] + new.dropFirst() + [known[1]]
            let reply = try await many(asked, fixture)
            let ids = reply["items"]?.array?.compactMap { $0.object?["id"]?.string }
            #expect(ids == ([new[0], known[2], known[0]] + new.dropFirst() + [known[1]]).map(\.description))
            let calls = fixture.auth.calls
            _ = try await many(known + new, fixture)
            #expect(fixture.auth.calls == calls)
        }
    }

    @Test func theNumberIsBounded() async throws {
        try await UserFixture.with { (fixture) async throws in
            let ids = (0..<101).map { _ in AccountID.make() }
            #expect(try await many(ids, fixture).faults == ["ids length"])
            #expect(try await many([], fixture).code == "invalid-query")
            #expect(try await many(Array(ids.prefix(100)), fixture)["items"]?.array?.isEmpty == true)
        }
    }

    @Test func onlyPeersMayReadMany() async throws {
        try await UserFixture.with { (fixture) async throws in
            #expect(try await many([.make()], fixture, as: .anonymous).code == "unauthenticated")
            #expect(try await many([.make()], fixture, as: .person(.make(), roles: [.admin])).code == "unauthenticated")
        }
    }

    @Test func seedingTwiceChangesNothing() async throws {
        try await UserFixture.with { (fixture) async throws in
            let accounts = (0..<5).map {
                AccountFacts(id: .make(), displayName: "Person \($0)", locale: "en", createdAt: .now)
            }
            let first = try await UserService.seed(accounts, database: fixture.database)
            #expect(first.map(\.handle) == (0..<5).map { "person-\($0)" })
            let bio = try await fixture.look(at: "@person-0")["bio"]?.string
            #expect(bio?.isEmpty == false)
            #expect(try await UserService.seed(accounts, database: fixture.database) == first)
        }
    }
}
