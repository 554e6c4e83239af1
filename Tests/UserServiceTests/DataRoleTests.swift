import Contract
import Logging
import Postgres
import Primitives
import Protocol
import TestKit
import Testing
import UserService

@Suite struct DataRoleTests {
    /// The service needs no more than its data-only role may.
    @Test func theServiceWorksAsItsDataRole() async throws {
        let prefix = TestPostgres.uniqueName("user")
        let ownership = SchemaOwnership(
            schema: UserService.schema, owner: .init("\(prefix)_owner"), data: .init("\(prefix)_app"))
        try await TestPostgres.withDatabase { test in
            try await test.open { try await SchemaOwnership.establish([ownership], in: $0) }
            try await test.open(schema: UserService.schema) {
                $0.user = ownership.owner.name
            } _: {
                _ = try await Migrator($0, UserService.migrations).migrate()
            }
            try await test.open(schema: UserService.schema) {
                $0.user = ownership.data.name
            } _: { database in
                try await Migrator(database, UserService.migrations).requireCurrent()
                let auth = StubAuth()
                let service = UserService(database: database, auth: auth, logger: Logger(label: "test"))
                let probe = EndpointProbe(service.endpoints)
                let id = auth.add(name: "Ada", locale: nil)
                #expect(try await probe.call(ReadMyProfile.self, as: .person(id)).status == 200)
                let reply = try await probe.call(
                    UpdateMyProfile.self, ifMatch: "*", body: #"{"bio":"x"}"#, as: .person(id))
                #expect(reply.status == 200)
            }
        }
        try await TestPostgres().administer("DROP ROLE \(ownership.owner.name), \(ownership.data.name)")
    }
}
