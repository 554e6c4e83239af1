import Contract
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing
import UserService

@Suite struct AccountFollowerTests {
    private static let told = Statement<String>(
        "test.told", "SELECT coalesce(string_agg(payload->>'handle', ' ' ORDER BY sequence), '') FROM outbox")

    @Test func aRegisteredAccountHasAProfileBeforeItIsSeen() async throws {
        try await UserFixture.with { (fixture) async throws in
            let event = AccountRegistered.Payload(
                account: .make(), displayName: " Ada Lovelace", locale: "en-GB", registeredAt: .now)
            try await fixture.tell(AccountRegistered.self, event)
            let profile = try await fixture.look(at: "@ada-lovelace")
            #expect(profile["displayName"]?.string == "Ada Lovelace")
            try await fixture.tell(AccountRegistered.self, event)
            #expect(try await fixture.look(at: "@ada-lovelace").body == profile.body)
            #expect(try await fixture.me(event.account)["locale"]?.string == "en-GB")
            #expect(fixture.auth.calls == 0)
        }
    }

    @Test func aDisabledAccountsProfileIsHiddenAndComesBackAsItWas() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            let before = try await fixture.look(at: "@ada")
            try await fixture.tell(AccountDisabled.self, .init(account: id, epoch: 2, at: .now))
            #expect(try await fixture.look(at: "@ada").code == "not-found")
            #expect(try await fixture.look(at: id.description).code == "not-found")
            #expect(try await many([id], fixture) == [])
            // Its handle stays its own.
            let other = fixture.account(named: "Other")
            #expect(try await fixture.patch(other, #"{"handle":"ada"}"#).code == "handle-taken")
            try await fixture.tell(AccountEnabled.self, .init(account: id, epoch: 3, at: .now))
            #expect(try await fixture.look(at: "@ada").body == before.body)
            #expect(try await many([id], fixture) == ["ada"])
        }
    }

    @Test func anErasedAccountNeverHasAProfileAgain() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            _ = try await fixture.me(id)
            try await fixture.tell(AccountDeleted.self, .init(account: id, at: .now))
            let late = AccountRegistered.Payload(account: id, displayName: "Ada", locale: nil, registeredAt: .now)
            try await fixture.tell(AccountRegistered.self, late)
            try await fixture.tell(AccountEnabled.self, .init(account: id, epoch: 9, at: .now))
            // Auth of this test still knows the account.
            #expect(try await fixture.me(id).code == "access-token-invalid")
            #expect(try await fixture.patch(id, #"{"bio":"x"}"#).code == "access-token-invalid")
            #expect(try await many([id], fixture) == [])
            #expect(try await fixture.look(at: "@ada").code == "not-found")
            // The name is free for somebody else.
            let other = fixture.account(named: "Ada")
            #expect(try await fixture.me(other)["handle"]?.string == "ada")
        }
    }

    @Test func whatOthersKeepOfAProfileIsToldWithItsChange() async throws {
        try await UserFixture.with { (fixture) async throws in
            let id = fixture.account(named: "Ada")
            let taken = fixture.account(named: "Taken")
            _ = (try await fixture.me(id), try await fixture.me(taken))
            #expect(try await fixture.patch(id, #"{"bio":"words"}"#).status == 200)
            #expect(try await fixture.patch(id, #"{"handle":"taken"}"#).code == "handle-taken")
            #expect(try await fixture.patch(id, #"{"handle":"a-b"}"#, ifMatch: "\"1\"").code == "precondition-failed")
            #expect(try await fixture.database.one(Self.told) == "")
            #expect(try await fixture.patch(id, #"{"handle":"countess"}"#).status == 200)
            #expect(try await fixture.patch(id, #"{"displayName":"Countess"}"#).status == 200)
            #expect(try await fixture.patch(id, #"{"displayName":"Countess"}"#).status == 200)
            #expect(try await fixture.database.one(Self.told) == "countess countess")
        }
    }

    private enum Step: CaseIterable {
        case registered, disabled, enabled, disabledAgain, seen
    }

    /// Every order in which an account's events may be heard, some of them twice, ends the same: as the largest epoch
    /// says, and erased where that was heard.
    @Test(arguments: [false, true]) func theOrderOfEventsDoesNotMatter(isErased: Bool) async throws {
        try await UserFixture.with { (fixture) async throws in
            var generator = SeededGenerator(seed: isErased ? 7 : 8)
            for round in 0..<60 {
                let id = fixture.account(named: "Person \(round)")
                var steps = Step.allCases + Step.allCases.filter { _ in Bool.random(using: &generator) }
                steps.shuffle(using: &generator)
                let erasure = isErased ? Int.random(in: 0...steps.count, using: &generator) : nil
                for (index, step) in steps.enumerated() {
                    if index == erasure { try await fixture.tell(AccountDeleted.self, .init(account: id, at: .now)) }
                    try await perform(step, id, fixture, named: "Person \(round)")
                }
                if erasure == steps.count { try await fixture.tell(AccountDeleted.self, .init(account: id, at: .now)) }
                #expect(try await fixture.look(at: id.description).code == "not-found", "\(steps)")
                #expect(try await many([id], fixture) == [], "\(steps)")
                let mine = try await fixture.me(id)
                #expect(mine.code == (isErased ? "access-token-invalid" : nil), "\(steps)")
                try await fixture.tell(AccountEnabled.self, .init(account: id, epoch: 5, at: .now))
                #expect(try await many([id], fixture) == (isErased ? [] : ["person-\(round)"]), "\(steps)")
            }
        }
    }

    private func perform(_ step: Step, _ id: AccountID, _ fixture: UserFixture, named name: String) async throws {
        switch step {
        case .registered:
            try await fixture.tell(
                AccountRegistered.self, .init(account: id, displayName: name, locale: nil, registeredAt: .now))
        case .disabled: try await fixture.tell(AccountDisabled.self, .init(account: id, epoch: 2, at: .now))
        case .enabled: try await fixture.tell(AccountEnabled.self, .init(account: id, epoch: 3, at: .now))
        case .disabledAgain: try await fixture.tell(AccountDisabled.self, .init(account: id, epoch: 4, at: .now))
        case .seen: _ = try await fixture.me(id)
        }
    }

    @Test func erasingAndSeeingAtTheSameTimeLeavesNoProfile() async throws {
        try await UserFixture.with { (fixture) async throws in
            for round in 0..<20 {
                let id = fixture.account(named: "Racer \(round)")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 { group.addTask { _ = try await fixture.me(id) } }
                    group.addTask { try await fixture.tell(AccountDeleted.self, .init(account: id, at: .now)) }
                    group.addTask {
                        try await fixture.tell(
                            AccountRegistered.self,
                            .init(account: id, displayName: "Racer \(round)", locale: nil, registeredAt: .now))
                    }
                    try await group.waitForAll()
                }
                #expect(try await fixture.look(at: id.description).code == "not-found")
                #expect(try await fixture.look(at: "@racer-\(round)").code == "not-found")
            }
        }
    }

    /// The handles that other services get.
    private func many(_ ids: [AccountID], _ fixture: UserFixture) async throws -> [String] {
        let reply = try await fixture.probe.call(
            ReadProfiles.self, query: "ids=" + ids.map(\.description).joined(separator: ","), as: .peer)
        return reply["items"]?.array?.compactMap { $0.object?["handle"]?.string } ?? []
    }
}
