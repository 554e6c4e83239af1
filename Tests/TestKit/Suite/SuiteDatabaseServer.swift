/// The PostgreSQL that a suite's database is on.
struct SuiteDatabaseServer: Sendable {
    let host: String
    let port: Int
    let superuser: String

    init(_ own: TestPostgresServer?) throws {
        if let own {
            (host, port, superuser) = (own.sockets, own.port, "postgres")
        } else {
            let shared = try TestPostgres()
            (host, port, superuser) = (shared.host, Int(shared.port), shared.superuser)
        }
    }

    func dropCommand(_ database: String) -> [String] {
        [
            "psql", "-h", host, "-p", String(port), "-U", superuser, "-d", "postgres", "-c",
            "DROP DATABASE IF EXISTS \(database) WITH (FORCE)",
        ]
    }
}
