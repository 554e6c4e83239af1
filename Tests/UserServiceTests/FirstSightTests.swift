import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing
import UserService

@Suite struct FirstSightTests {
    @Test func aProfileIsMadeOnce() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada Lovelace", locale: "en-GB")
            let first = try await fixture.me(id)
            #expect(first.status == 200)
            #expect(first["handle"]?.string == "ada-lovelace")
            #expect(first["displayName"]?.string == "Ada Lovelace")
            #expect(first["locale"]?.string == "en-GB")
            #expect(first["timeZone"]?.string == "UTC")
            #expect(first["bio"]?.string == "")
            #expect(first.header("etag") == "\"1\"")
            let second = try await fixture.me(id)
            #expect(second.body == first.body)
            #expect(fixture.auth.calls == 1)
        }
    }

    @Test func concurrentFirstSightsMakeOneProfile() async throws {
        try await UserFixture.with { (fixture) async throws in
            for round in 0..<5 {
                let id = fixture.account(named: "Racer \(round)")
                let handles = try await withThrowingTaskGroup(of: String?.self) { group in
                    for _ in 0..<20 { group.addTask { try await fixture.me(id)["handle"]?.string } }
                    return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                }
                #expect(handles == ["racer-\(round)"])
            }
        }
    }

    @Test func concurrentNamesakesGetHandlesOfTheirOwn() async throws {
        try await UserFixture.with { (fixture) async throws in
            let ids = (0..<30).map { _ in fixture.account(named: "Jo Smith") }
            let handles = try await withThrowingTaskGroup(of: String?.self) { group in
                for id in ids { group.addTask { try await fixture.me(id)["handle"]?.string } }
                return try await group.reduce(into: Set<String>()) { if let handle = $1 { $0.insert(handle) } }
            }
            #expect(handles.count == 30)
            #expect(handles.contains("jo-smith"))
            #expect(handles.allSatisfy { $0.hasPrefix("jo-smith") && Slug.isValid($0) })
        }
    }

    private static let names: [(String?, String)] = [
        (nil, "user-"), ("🎉", "user-"), ("Admin", "admin-"), ("me", "me-"), ("Al", "al-"), ("   ", "user-"),
        ("Søren Kierkegaard", "soren-kierkegaard"), ("Анна", "anna"), ("Search", "search-"),
        ("0190aaaa-0000-7000-8000-000000000000", "0190aaaa-0000"),
    ]

    @Test func everyNameGivesAHandle() async throws {
        try await UserFixture.with { (fixture) async throws in
            for (name, prefix) in Self.names {
                let profile = try await fixture.me(fixture.account(named: name))
                let handle = try #require(profile["handle"]?.string)
                #expect(handle.hasPrefix(prefix))
                #expect(Slug.isValid(handle) && (3...32).contains(handle.utf8.count))
                #expect(profile["displayName"]?.string?.isEmpty == false)
            }
        }
    }

    @Test func hostileNamesAreCleaned() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "\u{202E}nimda\u{7} " + String(repeating: "x", count: 500))
            let name = try #require(try await fixture.me(id)["displayName"]?.string)
            #expect(name.hasPrefix("nimda x"))
            #expect(name.unicodeScalars.count <= 80)
        }
    }

    @Test func anAccountThatIsGoneIsNotLetIn() async throws {
        try await UserFixture.with { (fixture) async throws in
            #expect(try await fixture.me(.make()).code == "access-token-invalid")
            #expect(try await fixture.patch(.make(), #"{"bio":"x"}"#).code == "access-token-invalid")
        }
    }

    @Test func authAwayIsToldAndKnownProfilesStillWork() async throws {
        try await UserFixture.with { (fixture) async throws in
            let known = fixture.account(named: "Known")
            _ = try await fixture.me(known)
            fixture.auth.goAway()
            #expect(try await fixture.me(known).status == 200)
            await #expect(throws: CallFault.self) { _ = try await fixture.me(fixture.account(named: "New")) }
        }
    }

    @Test func signingInIsNeeded() async throws {
        try await UserFixture.with { (fixture) async throws in
            let reply = try await fixture.probe.call(ReadMyProfile.self, as: .anonymous)
            #expect(reply.code == "unauthenticated")
        }
    }
}
