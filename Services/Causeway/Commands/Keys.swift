import ArgumentParser
import Primitives
import ServiceKit
import TLS

/// Makes the secrets that are missing.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make missing keys, database passwords and a development certificate; what is there stays.")

    @Option(help: "The folder, made if it is missing.")
    var directory: String

    @Option(help: "The names of the development certificate, separated by commas.")
    var names = "localhost,127.0.0.1,::1"

    @Option(
        help: """
            Also make the passwords of PostgreSQL's superuser and of Redis, and copy into this folder's sub-folders \
            gateway, auth, user, content, migrate, postgres and redis what each of them reads.
            """)
    var shares: String?

    func run() async throws {
        let keys = KeysDirectory(path: directory)
        let ofServers = shares == nil ? [] : [KeyShare.superuserPasswordFile, KeyShare.redisPasswordFile]
        var made = try keys.makeMissing(passwords: SuiteSchema.passwordFiles + ofServers)
        if try makeCertificate(keys) { made.append(KeysDirectory.certificateFile) }
        print(
            made.isEmpty
                ? "Nothing was missing in \(directory)." : "Made in \(directory): \(made.joined(separator: ", ")).")
        if let shares { try update(shares, from: keys) }
    }

    private func update(_ shares: String, from keys: KeysDirectory) throws {
        try TextFile.makeDirectory(shares)
        for share in KeyShare.allCases {
            let written = try share.update("\(shares)/\(share.rawValue)", from: keys)
            if !written.isEmpty { print("Gave \(share.rawValue): \(written.joined(separator: ", ")).") }
        }
    }

    private func makeCertificate(_ keys: KeysDirectory) throws -> Bool {
        guard !TextFile.exists(keys.certificatePath) else { return false }
        let certificate = try DevelopmentCertificate.make(
            names: names.split(separator: ",").map(String.init), validDays: 397)
        // The key goes first: a certificate without its key would never be replaced.
        try TextFile.replace(keys.certificateKeyPath, String(decoding: certificate.keyPEM.exposedValue, as: UTF8.self))
        try TextFile.create(
            keys.certificatePath, String(decoding: certificate.certificatePEM, as: UTF8.self), mode: 0o644)
        return true
    }
}
