import Foundation
import JSON
import Primitives
import TestKit
import Testing

/// PostgreSQL's data, or Redis' file, on a disk that is full. PostgreSQL's log (WAL) is elsewhere: where that is full
/// too the server stops, and that is PostgreSQL away, which `FaultTests` are about.
@Suite("A disk is full", .serialized, .enabled(if: SmallDisk.isPossible, Comment(rawValue: SmallDisk.reason)))
struct DiskFullTests {
    @Test("PostgreSQL's: writes are refused with 503, reads go on, nothing acknowledged is lost, and room heals it")
    func postgres() async throws {
        let scene = try await Scene()
        let suite = scene.suite
        let person = try await suite.newPerson("full")
        let published = try await scene.write(person)
        let id = try #require(published["id"]?.string)
        try await suite.gateway.send("POST", "/v1/articles/\(id)/publish", headers: [person.authorization])
            .expect(200)
        try await scene.data.fill()
        let outcome = await Result { try await scene.writeUntilRefused(person) }
        let reads = await Result { try await scene.read(person, id) }
        try scene.data.makeRoom()
        let (kept, refused) = try outcome.get()
        expectProblem(refused, 503, "unavailable")
        #expect(refused.header("retry-after") != nil)
        try reads.get()
        try await suite.until("a write", within: .seconds(20)) {
            try await scene.write(person)
        } is: {
            $0.status == 201
        }
        for article in kept {
            let draft = try await suite.gateway.get(
                "/v1/articles/\(article.id)/draft", headers: [person.authorization])
            #expect(draft["body"]?.string == article.body, "\(article.id)")
        }
        suite.expectUnharmed()
        await suite.stop()
    }

    @Test("Redis': limits are counted alone, revocations go through auth, and room heals it")
    func redis() async throws {
        let scene = try await Scene()
        let suite = scene.suite
        let (person, other) = (try await suite.newPerson("full"), try await suite.newPerson("full"))
        try await scene.file.fill()
        // The file grows by pages; until one is full the disk is not felt.
        try await eventually(patience: .seconds(20)) {
            try await suite.redisCLI("SET", "test:ballast", String(repeating: "x", count: 8192)).contains("MISCONF")
        }
        let outcome = await Result { try await FaultTests.Redis().goesOnWithout(suite, person, other) }
        try scene.file.makeRoom()
        try outcome.get()
        try await FaultTests.Redis().comesBack(suite, person)
        await suite.stop()
    }

    /// A suite whose PostgreSQL and Redis have small disks.
    private struct Scene {
        let suite: SuiteUnderTest
        let data: SmallDisk
        let file: SmallDisk
        private let folder: TestFolder

        init() async throws {
            folder = try TestFolder()
            let file = try await SmallDisk(folder.path + "/redis", megabytes: 4)
            var data: SmallDisk?
            var options = SuiteUnderTest.Options(.fourProcesses)
            options.postgres = try await TestPostgresServer.make(
                settings: ["max_wal_size=64MB"], initdb: { ["--waldir=\($0)/wal"] }
            ) { folder in
                data = try await SmallDisk(folder + "/data", megabytes: 80)
            }
            options.redis = ["--appendonly", "yes", "--appendfsync", "everysec", "--dir", file.path]
            self.file = file
            self.data = try #require(data)
            suite = try await SuiteUnderTest.start(options)
        }

        /// Writes an article whose body no compression makes small.
        func write(_ person: Person) async throws -> HTTPReply { try await write(person, Self.newBody()) }

        private func write(_ person: Person, _ body: String) async throws -> HTTPReply {
            try await suite.gateway.send(
                "POST", "/v1/articles", headers: [person.authorization],
                json: #"{"title":"Full \#(UUID().uuidString.prefix(8))","body":"\#(body)"}"#)
        }

        private static func newBody() -> String {
            Hex.encode((0..<12_000).map { _ in UInt8.random(in: 0...255) })
        }

        /// Writes until that is refused.
        ///
        /// - Returns: what was acknowledged, and the refusal.
        func writeUntilRefused(
            _ person: Person
        ) async throws -> (kept: [(id: String, body: String)], refused: HTTPReply) {
            var kept: [(id: String, body: String)] = []
            for _ in 0..<200 {
                let body = Self.newBody()
                let reply = try await write(person, body)
                guard reply.status == 201, let id = reply["id"]?.string else { return (kept, reply) }
                kept.append((id, body))
            }
            throw SuiteUnderTest.Fault(description: "200 articles fitted on a full disk")
        }

        func read(_ person: Person, _ id: String) async throws {
            for target in ["/v1/articles?limit=1", "/v1/auth/me", "/v1/users/me", "/v1/articles/\(id)/draft"] {
                let reply = try await suite.gateway.get(target, headers: [person.authorization])
                #expect(reply.status == 200, "\(target): \(reply)")
            }
            // What writes a little may find room in a page or not; a fault of ours it is never.
            let login = try await suite.logIn(person.email)
            #expect(login.status == 200 || login.status == 503, "\(login)")
        }
    }
}

extension HTTPReply {
    fileprivate func expect(_ status: Int, at place: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(self)", sourceLocation: place)
    }
}
