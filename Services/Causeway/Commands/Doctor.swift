import ArgumentParser
import Contract
import Postgres
import Primitives
import Protocol
import Redis
import ServiceKit
import Transport

/// Looks for what keeps the suite from running.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check configuration, keys, PostgreSQL, its schemas, Redis and the contracts; exit 1 on a problem.")

    func run() async throws {
        var hasProblem = false
        func report(_ what: String, _ problem: String?, next: String = "") {
            guard let problem else { return print("ok       \(what)") }
            hasProblem = true
            print("problem  \(what): \(problem)" + (next.isEmpty ? "" : "\n         next: \(next)"))
        }

        let settings = Settings.ofProcess()
        SuiteSettings.readAll(settings)
        let process = ProcessSettings(settings)
        let servers = ServerSettings(settings)
        report("contracts", Suite.conflicts.isEmpty ? nil : Suite.conflicts.joined(separator: " "))
        do throws(SettingsFault) {
            try settings.begin(needs: .init(keys: []))
            report("configuration", nil)
        } catch {
            report("configuration", error.faults.joined(separator: " "), next: "causeway config reference")
        }
        for warning in settings.warnings { print("warning  \(warning)") }
        report("keys", keysProblem(process.keys), next: "causeway keys --directory \(process.keys.path)")
        for schema in SuiteSchema.all {
            let problem = await schemaProblem(schema, servers, process.keys)
            report("schema \(schema.name)", problem?.text, next: problem?.next ?? "")
        }
        report(
            "redis", await redisProblem(servers.redis),
            next: "start Redis, or correct CAUSEWAY_REDIS_HOST and _PORT")
        if hasProblem { throw ExitCode(1) }
    }

    private func keysProblem(_ keys: KeysDirectory) -> String? {
        do {
            for name in KeysDirectory.Name.all { _ = try keys.keys(name) }
            return TextFile.exists(keys.certificatePath) ? nil : "\(keys.certificatePath) is missing"
        } catch {
            return "\(error)"
        }
    }

    private func schemaProblem(
        _ schema: SuiteSchema, _ servers: ServerSettings, _ keys: KeysDirectory
    ) async -> (text: String, next: String)? {
        do {
            let database = Database(try schema.dataConfiguration(servers, keys))
            do {
                try await Migrator(database, schema.migrations).requireCurrent()
                await database.close()
                return nil
            } catch {
                await database.close(grace: .zero)
                if case .database(let failure) = error, failure.kind == .unavailable {
                    let place = "\(servers.postgresHost), port \(servers.postgresPort)"
                    let next = "start PostgreSQL, or correct CAUSEWAY_POSTGRES_HOST and _PORT"
                    return ("nothing answers at \(place)", next)
                }
                return ("\(error)", "causeway migrate")
            }
        } catch {
            return ("\(error)", "causeway keys --directory \(keys.path)")
        }
    }

    private func redisProblem(_ configuration: RedisConfiguration) async -> String? {
        let loops = EventLoops(threads: 1)
        let client = RedisClient(configuration: configuration, group: loops.eventLoopGroup)
        var problem: String?
        do {
            problem = try await RedisEviction.fault(of: client)
        } catch {
            problem = "\(error)"
        }
        await client.close()
        await loops.shutdown()
        return problem
    }
}
