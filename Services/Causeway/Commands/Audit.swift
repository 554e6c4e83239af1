import ArgumentParser
import AuthService
import Postgres
import Primitives
import ServiceKit

/// What was done to accounts, and whether its record is whole.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the audit of accounts.", subcommands: [Verify.self])

    /// Checks the chain of hashes.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that the audit is whole: exit 0 if so, 1 if it was changed, 2 if it cannot be read.",
            discussion: """
                Each row holds a hash of itself and of the row before, so a row that was changed, removed or moved \
                shows. Rows cut off the end together with the record of the end show only against an end that was \
                kept elsewhere: keep what this prints, and give it to --expect later.
                """)

        @Option(help: "An end that was printed before, as SEQUENCE:HASH; the chain must still pass through it.")
        var expect: String?

        func run() async throws {
            let expected = try expect.map { text in
                guard let tail = AuditTail(text) else {
                    throw ValidationError("--expect takes SEQUENCE:HASH, as `causeway audit verify` prints it.")
                }
                return tail
            }
            let settings = Settings.ofProcess()
            let process = ProcessSettings(settings)
            let servers = ServerSettings(settings)
            try settings.begin(needs: .init(keys: [], roles: [SuiteSchema.auth.dataRole]))
            let database = Database(try SuiteSchema.auth.dataConfiguration(servers, process.keys))
            let verdict = await Verdict(database, expected)
            await database.close()
            switch verdict {
            case .whole(let tail):
                print("The audit is whole: \(tail.sequence) rows.")
                print("Its end: \(tail)")
            case .changed(let how):
                printError("The audit was changed: \(how)")
                throw ExitCode(1)
            case .unknown(let why):
                printError("The audit cannot be read: \(why)")
                throw ExitCode(2)
            }
        }
    }

    enum Verdict {
        case whole(AuditTail)
        case changed(String)
        case unknown(String)

        init(_ database: Database, _ expected: AuditTail?) async {
            do {
                self = .whole(try await AuthService.verifyAudit(database, through: expected))
            } catch let fault as AuditChain.Fault {
                self = .changed("\(fault)")
            } catch let failure as PostgresFailure {
                // A row that no release of ours has written does not decode.
                if case .shape(let fault) = failure.kind {
                    self = .changed("a row holds what this release does not write (\(fault)).")
                } else {
                    self = .unknown("\(failure). \(failure.privateDetail)")
                }
            } catch {
                self = .unknown("\(error)")
            }
        }
    }
}
