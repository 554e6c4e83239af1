import AuthService
import ContentService
import Postgres
import ServiceKit
import UserService

/// One service's schema: its migrations, and the two roles that it has in the database.
struct SuiteSchema: Sendable {
    let name: String
    /// Runs migrations.
    let ownerRole: String
    /// What the service connects as.
    let dataRole: String
    let migrations: [Migration]

    static let auth = SuiteSchema(
        name: AuthService.schema, ownerRole: "auth_owner", dataRole: "auth_app", migrations: AuthService.migrations)
    static let user = SuiteSchema(
        name: UserService.schema, ownerRole: "user_owner", dataRole: "user_app", migrations: UserService.migrations)
    static let content = SuiteSchema(
        name: ContentService.schema, ownerRole: "content_owner", dataRole: "content_app",
        migrations: ContentService.migrations)

    static let all = [auth, user, content]

    /// The files of the keys folder with the roles' passwords.
    static var passwordFiles: [String] {
        all.flatMap { [$0.ownerRole, $0.dataRole] }.map(KeysDirectory.passwordFile)
    }

    /// The schema's database as its data role.
    func dataConfiguration(_ servers: ServerSettings, _ keys: KeysDirectory) throws -> PostgresConfiguration {
        servers.postgres(user: dataRole, password: try keys.postgresPassword(role: dataRole), schema: name)
    }

    /// The schema's database as its owner.
    func ownerConfiguration(_ servers: ServerSettings, _ keys: KeysDirectory) throws -> PostgresConfiguration {
        servers.postgres(user: ownerRole, password: try keys.postgresPassword(role: ownerRole), schema: name)
    }
}
