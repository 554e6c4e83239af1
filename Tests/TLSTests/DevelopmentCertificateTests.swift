import Foundation
import Primitives
import TLS
import TestKit
import Testing

@Suite struct DevelopmentCertificateTests {
    @Test func `it says what it was asked to say`() throws {
        let made = try DevelopmentCertificate.make(names: ["localhost", "dev.test", "127.0.0.1", "::1"], validDays: 90)
        let parsed = try made.parsed
        #expect(parsed.names == ["localhost", "dev.test"])
        let days = (parsed.expiresAt - Timestamp.now).components.seconds
        #expect((90 * 86_400 - 60...90 * 86_400).contains(days))
        #expect(try TLSCertificate.expiresAt(chainPEM: made.certificatePEM) == parsed.expiresAt)
    }

    @Test(arguments: [[], ["a,DNS:evil.test"], ["a b"], ["x\n"], [""]])
    func `names that are no names are refused`(names: [String]) {
        #expect(throws: TLSFailure.self) { try DevelopmentCertificate.make(names: names, validDays: 30) }
    }

    @Test(arguments: [0, -1, 826])
    func `a validity out of range is refused`(days: Int) {
        #expect(throws: TLSFailure.self) { try DevelopmentCertificate.make(names: ["localhost"], validDays: days) }
    }

    /// A server that is not ours shows it, and clients that are not ours believe it for its names only.
    @Test func `curl and Python believe it for its names and no others`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUIDv7())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try DevelopmentCertificate.make(names: ["localhost", "127.0.0.1", "::1"], validDays: 30)
        try Data(made.certificatePEM).write(to: folder.appendingPathComponent("certificate.pem"))
        try Data(made.keyPEM.exposedValue).write(to: folder.appendingPathComponent("key.pem"))
        let script = folder.appendingPathComponent("check.py")
        try Data(Self.script.utf8).write(to: script)

        let outcome = try await ChildProcess.run([ChildProcess.python, script.path, folder.path])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.hasSuffix("all as expected\n"), "\(outcome.text)")
    }

    private static let script = """
        import socket, ssl, subprocess, sys, threading, time
        folder = sys.argv[1]
        certificate = folder + "/certificate.pem"

        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_context.load_cert_chain(certificate, folder + "/key.pem")
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]

        def serve():
            while True:
                connection, _ = listener.accept()
                try:
                    with server_context.wrap_socket(connection, server_side=True) as channel:
                        channel.settimeout(5)
                        channel.recv(4096)
                        channel.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
                except (ssl.SSLError, OSError):
                    pass
        threading.Thread(target=serve, daemon=True).start()

        def python_believes(name):
            context = ssl.create_default_context(cafile=certificate)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
                    with context.wrap_socket(plain, server_hostname=name) as channel:
                        channel.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
                        return channel.recv(100).startswith(b"HTTP/1.1 200")
            except ssl.SSLCertVerificationError:
                return False

        def curl_believes(name):
            done = subprocess.run(["curl", "-s", "-m", "10", "--cacert", certificate,
                "--connect-to", "::127.0.0.1:%d" % port, "https://%s:%d/" % (name, port)], capture_output=True)
            return done.returncode == 0 and done.stdout == b"ok"

        for believes in (python_believes, curl_believes):
            for name, expected in (("localhost", True), ("127.0.0.1", True), ("other.test", False)):
                assert believes(name) == expected, (believes.__name__, name)
        print("all as expected")
        """
}
