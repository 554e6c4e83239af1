import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing
import UserService

@Suite struct UpdateMyProfileTests {
    @Test func changesWhatIsSentAndNothingElse() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            let before = try await fixture.me(id)
            fixture.clock.advance(by: .seconds(60))
            let reply = try await fixture.patch(
                id, #"{"bio":"Counts.","timeZone":"Europe/London"}"#, ifMatch: before.header("etag"))
            #expect(reply.status == 200)
            #expect(reply["bio"]?.string == "Counts.")
            #expect(reply["timeZone"]?.string == "Europe/London")
            #expect(reply["handle"] == before["handle"])
            #expect(reply["createdAt"] == before["createdAt"])
            #expect(reply["updatedAt"] != before["updatedAt"])
            #expect(reply.header("etag") == "\"2\"")
            #expect(try await fixture.me(id).body == reply.body)
            let cleared = try await fixture.patch(id, #"{"bio":null}"#)
            #expect(cleared["bio"]?.string == "")
        }
    }

    @Test func aChangeThatChangesNothingKeepsTheVersion() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            let empty = try await fixture.patch(id, "{}")
            #expect(empty.header("etag") == "\"1\"")
            #expect(try await fixture.patch(id, #"{"displayName":"Ada","bio":""}"#).header("etag") == "\"1\"")
        }
    }

    @Test func ifMatchIsNeededAndCompared() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            #expect(try await fixture.patch(id, #"{"bio":"x"}"#, ifMatch: nil).code == "precondition-required")
            #expect(try await fixture.patch(id, #"{"bio":"x"}"#, ifMatch: "\"1\"").status == 200)
            for tag in ["\"1\"", "\"3\"", "W/\"2\"", "\"other\"", "\"1\", \"7\""] {
                let stale = try await fixture.patch(id, #"{"bio":"y"}"#, ifMatch: tag)
                #expect(stale.code == "precondition-failed", "\(tag)")
                #expect(stale.header("etag") == "\"2\"")
            }
            #expect(try await fixture.patch(id, #"{"bio":"y"}"#, ifMatch: "\"1\", \"2\"").status == 200)
        }
    }

    /// In each round all writers have read the same version: one wins, the others are told.
    @Test func ofManyWritersOneWinsEachRound() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            for round in 1...10 {
                let codes = try await withThrowingTaskGroup(of: String.self) { group in
                    for writer in 0..<12 {
                        group.addTask {
                            let body = #"{"bio":"round \#(round) writer \#(writer)"}"#
                            return try await fixture.patch(id, body, ifMatch: "\"\(round)\"").code ?? "won"
                        }
                    }
                    return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
                }
                #expect(codes == ["won": 1, "precondition-failed": 11])
            }
            #expect(try await fixture.me(id).header("etag") == "\"11\"")
        }
    }

    /// With `*` every writer may win, and none of their changes to different members is lost.
    @Test func starLosesNoUpdate() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            let changes = [
                #"{"bio":"b"}"#, #"{"locale":"de"}"#, #"{"timeZone":"Asia/Tokyo"}"#, #"{"displayName":"Countess"}"#,
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for change in changes {
                    group.addTask {
                        let reply = try await fixture.patch(id, change)
                        #expect(reply.status == 200)
                    }
                }
                try await group.waitForAll()
            }
            let me = try await fixture.me(id)
            #expect(me["bio"]?.string == "b" && me["locale"]?.string == "de")
            #expect(me["timeZone"]?.string == "Asia/Tokyo" && me["displayName"]?.string == "Countess")
            #expect(me.header("etag") == "\"5\"")
        }
    }

    @Test func handlesAreUnique() async throws {
        try await UserFixture.with { (fixture) async throws in
            let (ada, bob) = (fixture.account(named: "Ada"), fixture.account(named: "Bob"))
            _ = try await fixture.me(ada)
            _ = try await fixture.me(bob)
            #expect(try await fixture.patch(bob, #"{"handle":"ada"}"#).code == "handle-taken")
            #expect(try await fixture.patch(ada, #"{"handle":"countess"}"#).status == 200)
            #expect(try await fixture.patch(bob, #"{"handle":"ada"}"#)["handle"]?.string == "ada")
        }
    }

    private static let hostileValues = [
        (#"{"handle":"admin"}"#, "/handle reserved"), (#"{"handle":"me"}"#, "/handle format"),
        (#"{"handle":"Ada"}"#, "/handle format"), (#"{"handle":"a--b"}"#, "/handle format"),
        (#"{"handle":"-ab"}"#, "/handle format"), (#"{"handle":null}"#, "/handle type"),
        (#"{"handle":"0190aaaa-0000-7000-8000-000000000000"}"#, "/handle format"),
        (#"{"displayName":"   "}"#, "/displayName length"), (#"{"displayName":"\u202e"}"#, "/displayName length"),
        (#"{"displayName":"a\nb"}"#, "/displayName format"), (#"{"displayName":"a\u0000"}"#, "/displayName format"),
        (#"{"displayName":7}"#, "/displayName type"), (#"{"locale":"EN"}"#, "/locale format"),
        (#"{"timeZone":"Mars"}"#, "/timeZone format"), (#"{"id":"x"}"#, "/id unknown"),
        (#"{"avatarUrl":"https://x"}"#, "/avatarUrl unknown"),
        (#"{"bio":"\#(String(repeating: "x", count: 1001))"}"#, "/bio length"),
    ]

    @Test func hostileValuesAreRefused() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            for (body, fault) in Self.hostileValues {
                let reply = try await fixture.patch(id, body)
                #expect(reply.code == "validation", "\(body)")
                #expect(reply.faults == [fault], "\(body)")
            }
            #expect(try await fixture.me(id).header("etag") == "\"1\"")
        }
    }
}
