internal import Foundation

/// A certificate authority of a test's own, made by openssl; its folder is removed with the last reference.
package final class TestAuthority: Sendable {
    package struct Files: Sendable {
        package let certificate: String
        package let key: String
    }

    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package let folder: String
    /// The certificate to trust.
    package var root: String { folder + "/root.pem" }

    package static func make() async throws -> TestAuthority {
        let authority = try TestAuthority()
        try await authority.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=A test's authority", "-keyout", authority.folder + "/root.key", "-out", authority.root,
        ])
        return authority
    }

    private init() throws {
        folder = NSTemporaryDirectory() + "/causeway-authority-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A certificate that is good for two days.
    ///
    /// - Parameters:
    ///   - names: as openssl has them: `DNS:db.example`, `IP:127.0.0.1`.
    ///   - commonName: whom it is for, where a server reads that.
    package func issue(_ names: [String], commonName: String = "test") async throws -> Files {
        let stem = folder + "/\(UUID().uuidString)"
        let files = Files(certificate: stem + ".pem", key: stem + ".key")
        try await openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(commonName)",
            "-keyout", files.key, "-out", stem + ".csr",
        ])
        try "subjectAltName=\(names.joined(separator: ","))\n".write(
            toFile: stem + ".ext", atomically: true, encoding: .utf8)
        try await openssl([
            "x509", "-req", "-in", stem + ".csr", "-CA", root, "-CAkey", folder + "/root.key", "-CAcreateserial",
            "-days", "2", "-extfile", stem + ".ext", "-out", files.certificate,
        ])
        return files
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await ChildProcess.run(["openssl"] + arguments)
        guard outcome.status == 0 else { throw Fault(description: outcome.errorText) }
    }
}
