import JSON
import TestKit
import Testing

/// What two gateways keep of articles, and what becomes of it.
@Suite("The edge's cache in the suite")
struct EdgeCacheTests {
    private func status(_ reply: HTTPReply) -> String { reply.header("cache-status") ?? "none" }

    private func write(
        _ suite: SuiteUnderTest, _ person: Person, _ method: String, _ target: String, _ json: String? = nil
    ) async throws -> HTTPReply {
        let type = method == "PATCH" ? ["content-type: application/merge-patch+json"] : []
        let match = method == "POST" ? [] : ["if-match: *"]
        return try await suite.gateway.send(
            method, target, headers: [person.authorization] + type + match, body: json.map { Array($0.utf8) })
    }

    private func publish(_ suite: SuiteUnderTest, _ person: Person, _ path: String) async throws {
        let reply = try await write(suite, person, "POST", path + "/publish")
        #expect(reply.status == 200, "\(reply)")
    }

    /// Waits for what is to be seen within a second of a change; the patience is a busy machine's.
    private func soon(_ condition: () async throws -> Bool) async throws -> Duration {
        let start = ContinuousClock.now
        try await eventually(patience: .seconds(10), condition)
        return start.duration(to: .now)
    }

    @Test("A change through one gateway is seen at once there, and soon through another, by its event")
    func purge() async throws {
        let suite = try await SuiteUnderTest.shared()
        let other = try await suite.startGateway("cache")
        let author = try await suite.newPerson("cache")
        let slug = "cached-\(UInt32.random(in: 0 ... .max))"
        let made = try await write(
            suite, author, "POST", "/v1/articles",
            #"{"title":"First","body":"","tags":["\#(slug)"],"slug":"\#(slug)"}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string, "\(made)"))"
        let (named, list) = ("/v1/articles/\(slug)", "/v1/articles?tag=\(slug)")

        // That there is nothing is kept too, by slug, by id and in a list.
        for gateway in [suite.gateway, other] {
            for target in [named, path] { #expect(try await gateway.get(target).status == 404) }
            #expect(try await gateway.eventuallyHit(named))
            #expect(try await gateway.get(list)["items"]?.array?.count == 0)
        }
        try await publish(suite, author, path)
        for target in [named, path] { #expect(try await suite.gateway.get(target).status == 200, "\(target)") }
        #expect(try await suite.gateway.get(list)["items"]?.array?.count == 1)
        for target in [named, path] { _ = try await soon { try await other.get(target).status == 200 } }
        _ = try await soon { try await other.get(list)["items"]?.array?.count == 1 }
        // Not at once, since other tests change what is kept too.
        #expect(try await other.eventuallyHit(named))
        let hit = try await other.get(named)
        #expect(hit.header("age") != nil && hit.header("cache-control") == "no-cache", "\(hit)")
        let same = try await other.get(named, headers: ["if-none-match: \(hit.header("etag") ?? "")"])
        #expect(same.status == 304 && same.header("etag") == hit.header("etag"))

        try await rename(suite, author, path, slug)
        _ = try await soon { try await other.get(named).status == 301 }
        #expect(try await other.get(named).header("location") == named + "-new")
        #expect(try await other.get(path)["title"]?.string == "Second")

        #expect(try await write(suite, author, "POST", path + "/unpublish").status == 200)
        for target in [named, named + "-new", path] {
            expectProblem(try await suite.gateway.get(target), 404, "not-found")
            let took = try await soon { try await other.get(target).status == 404 }
            #expect(took < .seconds(5), "\(target)")
        }
        try await publish(suite, author, path)
        #expect(try await other.eventuallyStatus(named + "-new") == 200)
        #expect(try await write(suite, author, "DELETE", path).status == 204)
        _ = try await soon { try await other.get(named + "-new").status == 404 }
        #expect(try await suite.gateway.get(list)["items"]?.array?.count == 0)
        await suite.stopGateway("cache")
    }

    /// From the answer to a publish until another gateway, which kept that there is nothing, gives the article.
    private func timeToSight(
        _ suite: SuiteUnderTest, _ author: Person, through other: Curl, number: Int
    ) async throws -> Duration? {
        let made = try await write(suite, author, "POST", "/v1/articles", #"{"title":"In time \#(number)","body":""}"#)
        let path = "/v1/articles/\(try #require(made["id"]?.string, "\(made)"))"
        #expect(try await other.get(path).status == 404)
        #expect(try await other.eventuallyHit(path))
        let kept = try await other.get(path)
        // What would soon be asked for anew, whatever happens, shows nothing: it is kept for ten seconds.
        guard let age = kept.header("age").flatMap(Int.init), age <= 3 else { return nil }
        try await publish(suite, author, path)
        return try await soon { try await other.get(path).status == 200 }
    }

    @Test("A publish takes effect within a second at another gateway that kept what was before")
    func inTime() async throws {
        let suite = try await SuiteUnderTest.shared()
        let other = try await suite.startGateway("cache-time")
        let author = try await suite.newPerson("cache-time")
        var times: [Duration] = []
        for number in 0..<20 where times.count < 5 {
            if let time = try await timeToSight(suite, author, through: other, number: number) { times.append(time) }
        }
        // A busy machine makes some late, and a delay that is always there all of them.
        let fastest = try #require(times.min())
        #expect(times.count == 5 && fastest < .seconds(1), "\(times)")
        await suite.stopGateway("cache-time")
    }

    private func rename(_ suite: SuiteUnderTest, _ author: Person, _ path: String, _ slug: String) async throws {
        let patched = try await write(
            suite, author, "PATCH", path, #"{"title":"Second","slug":"\#(slug)-new"}"#)
        #expect(patched.status == 200, "\(patched)")
        // A working copy is nobody's business.
        #expect(try await suite.gateway.get("/v1/articles/\(slug)")["title"]?.string == "First")
        try await publish(suite, author, path)
        #expect(try await suite.gateway.get("/v1/articles/\(slug)").status == 301)
    }

    @Test("Whoever is signed in is given the same, and nothing of theirs is kept")
    func signedIn() async throws {
        let suite = try await SuiteUnderTest.shared()
        let person = try await suite.newPerson("cache")
        let list = "/v1/articles?limit=3&locale=en"
        let own = try await suite.gateway.get(list, headers: [person.authorization])
        let anonymous = try await suite.gateway.get(list)
        #expect(own.status == 200 && own.header("cache-status") != nil && anonymous.header("age") != nil)
        for target in ["/v1/users/me", "/v1/auth/me", "/v1/auth/sessions"] {
            let reply = try await suite.gateway.get(target, headers: [person.authorization])
            #expect(reply.status == 200 && reply.header("cache-control") == "no-store")
            #expect(reply.header("cache-status") == nil && reply.header("age") == nil)
            #expect(try await suite.gateway.get(target).status == 401)
        }
        #expect(try await suite.gateway.eventuallyHit(list))
        let keys = try await suite.gateway.get("/.well-known/jwks.json")
        #expect(keys.header("cache-control") == "public, max-age=300" && keys.header("age") != nil)
    }

    @Test("An author's new name, and what becomes of a disabled one's articles, reach what is kept")
    func authors() async throws {
        let suite = try await SuiteUnderTest.shared()
        let life = try await AccountLife(in: suite)
        let path = "/v1/articles/\(life.article)"
        func name() async throws -> String? { try await suite.gateway.get(path)["author", "displayName"]?.string }
        _ = try await name()
        try await life.rename("Kept No Longer")
        _ = try await soon { try await name() == "Kept No Longer" }
        #expect(try await suite.gateway.eventuallyHit(path))
        try await life.disable()
        _ = try await soon { try await suite.gateway.get(path).status == 404 }
        try await life.enable()
        _ = try await soon { try await suite.gateway.get(path).status == 200 }
        #expect(try await name() == "Kept No Longer")
    }

    @Test("While content is down, and Redis too, readers are given what was kept")
    func down() async throws {
        var options = SuiteUnderTest.Options(.fourProcesses)
        options.cacheMegabytes = 16
        let suite = try await SuiteUnderTest.start(options)
        let outcome = await Result { try await down(suite) }
        await suite.stop()
        try outcome.get()
    }

    private func down(_ suite: SuiteUnderTest) async throws {
        try await suite.require(["seed"])
        let list = "/v1/articles?limit=5"
        let first = try await suite.gateway.get(list)
        let id = try #require(first["items"]?.array?.first?.object?["id"]?.string)
        _ = try await suite.gateway.get("/v1/articles/\(id)")
        await suite.kill(.content)
        for target in [list, "/v1/articles/\(id)"] {
            let reply = try await suite.gateway.get(target)
            #expect(reply.status == 200 && status(reply).contains("hit"), "\(reply)")
        }
        suite.redis.stop()
        // Nobody can say any more whether it holds; the service would, were it up.
        try await eventually {
            let reply = try await suite.gateway.get(list)
            #expect(reply.status == 200 && reply.body == first.body, "\(reply)")
            return status(reply).contains("stale-on-error")
        }
        expectProblem(try await suite.gateway.get("/v1/articles?limit=6"), 503, "unavailable")
        try suite.redis.start()
        try await suite.start(.content)
        try await eventually { try await suite.gateway.get("/v1/articles?limit=6").status == 200 }
    }
}

extension Curl {
    fileprivate func eventuallyStatus(_ target: String) async throws -> Int {
        var status = 0
        try await eventually(patience: .seconds(10)) {
            status = try await get(target).status
            return status == 200
        }
        return status
    }

    /// Whether a second read needs no service.
    fileprivate func eventuallyHit(_ target: String) async throws -> Bool {
        try await eventually(patience: .seconds(10)) {
            try await get(target).header("cache-status")?.contains("hit") == true
        }
        return true
    }
}
