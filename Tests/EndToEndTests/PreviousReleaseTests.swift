import JSON
import TestKit
import Testing

/// The release before this one beside this one: on one schema, and with each other, as they are while a release is
/// rolled out and while it is taken back.
@Suite(
    "The previous release",
    .enabled(if: PreviousRelease.path != nil, Comment(rawValue: PreviousRelease.whyAbsent)))
struct PreviousReleaseTests {
    @Test("It serves on the new schema, beside each new process, and after a step back")
    func rolledOutAndBack() async throws {
        let suite = try await SuiteUnderTest(.init(.fourProcesses))
        do {
            try await roll(suite)
        } catch {
            await suite.stop()
            throw error
        }
        await suite.stop()
    }

    private func roll(_ suite: SuiteUnderTest) async throws {
        let parts = suite.options.mode.parts
        try await suite.prepare(by: .previous)
        for part in parts { try await suite.start(part, of: .previous, untilReady: false) }
        for part in parts { try await suite.waitUntilReady(part) }
        let early = try await ReleaseWalk.walk(suite, "before")

        // As a deployer does it: keys and schema first, while the old processes serve.
        try await suite.makeKeys()
        try await suite.migrate()
        try await early.goOn("the old suite on the new schema")
        _ = try await ReleaseWalk.walk(suite, "old-on-new")

        // Started anew the old ones find a schema that is newer than they are.
        for part in parts { try await suite.replace(part, by: .previous) }
        _ = try await ReleaseWalk.walk(suite, "old-restarted-on-new")

        var walks = [early]
        for (release, parts) in [(SuiteUnderTest.Release.this, parts), (.previous, parts.reversed())] {
            for part in parts {
                try await suite.replace(part, by: release)
                let step = "\(release) \(part)"
                for walk in walks { try await walk.goOn(step) }
                walks = [early, try await ReleaseWalk.walk(suite, "\(release)-\(part)")]
            }
        }
    }
}

extension SuiteUnderTest {
    fileprivate func replace(_ part: Part, by release: Release) async throws {
        #expect(await stop(part) == 0, "\(part): \(errors(part))")
        try await start(part, of: release)
    }
}

/// What one person has done, to be gone on with when processes have been replaced.
private struct ReleaseWalk {
    let suite: SuiteUnderTest
    let person: Person
    let step: String
    let slug: String

    /// Registers, verifies, signs in, fills in the profile, writes and publishes.
    static func walk(_ suite: SuiteUnderTest, _ step: String) async throws -> ReleaseWalk {
        let person = try await suite.newPerson("roll", displayName: "Rolling Stone")
        let patch = try await suite.gateway.send(
            "PATCH", "/v1/users/me",
            headers: [person.authorization, "content-type: application/merge-patch+json", "if-match: *"],
            json: #"{"bio":"rolls"}"#)
        #expect(patch.status == 200, "\(step): \(patch)")
        let slug = try await publish(suite, person, title: "Walk \(step)")
        let walk = ReleaseWalk(suite: suite, person: person, step: step, slug: slug)
        try await walk.read(step)
        return walk
    }

    private static func publish(
        _ suite: SuiteUnderTest, _ person: Person, title: String
    ) async throws -> String {
        let made = try await suite.gateway.send(
            "POST", "/v1/articles", headers: [person.authorization],
            json: #"{"title":"\#(title)","body":"*one*","tags":["rolling"]}"#)
        #expect(made.status == 201, "\(title): \(made)")
        let id = try #require(made["id"]?.string)
        let published = try await suite.gateway.send(
            "POST", "/v1/articles/\(id)/publish", headers: [person.authorization])
        #expect(published.status == 200, "\(title): \(published)")
        return try #require(made["slug"]?.string)
    }

    /// The session, the profile and the article are as good as before, and all of them may be written again.
    func goOn(_ step: String) async throws {
        try await read(step)
        let me = try await suite.gateway.get("/v1/users/me", headers: [person.authorization])
        #expect(me.status == 200 && me["bio"]?.string == "rolls", "\(step): \(me)")
        let sessions = try await suite.gateway.get("/v1/auth/sessions", headers: [person.authorization])
        #expect(sessions.status == 200, "\(step): \(sessions)")
        let again = try await suite.signIn(person.email)
        let refreshed = try await suite.gateway.patient.send(
            "POST", "/v1/auth/token/refresh", json: #"{"refreshToken":"\#(again.refreshToken)"}"#)
        #expect(refreshed.status == 200, "\(step): \(refreshed)")
        _ = try await Self.publish(suite, again, title: "\(self.step) goes on with \(step)")
        let out = try await suite.gateway.send("POST", "/v1/auth/logout", headers: [again.authorization])
        #expect(out.status == 204, "\(step): \(out)")
    }

    func read(_ step: String) async throws {
        let article = try await suite.gateway.get("/v1/articles/\(slug)")
        #expect(article.status == 200, "\(step): \(article)")
        #expect(article["author", "displayName"]?.string == "Rolling Stone", "\(step): \(article)")
        let list = try await suite.gateway.get("/v1/articles?tag=rolling&limit=100")
        let slugs = list["items"]?.array?.compactMap { $0.object?["slug"]?.string } ?? []
        #expect(slugs.contains(slug), "\(step): \(list)")
    }
}
