import Foundation
import Outbound
import Primitives
import TestKit

/// A real SMTP server (aiosmtpd) in a process of its own, on a free port, that does as the recipient's name tells it:
/// `busy@` gets 451, `gone@` 550, `spam@` 554 after the data, `slow@` no answer.
final class MailCatcher {
    let port: Int
    let certificate: [UInt8]
    private let folder: URL
    private let process: ChildProcess

    /// - Parameters:
    ///   - mode: `plain`, `starttls` or `tls`; `refuse` greets with 554, `silence` says nothing at all.
    ///   - options: `auth` demands a log-in.
    init(_ mode: String = "plain", options: [String] = []) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mail-\(UUIDv7())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process = try ChildProcess(["/usr/bin/python3", "-u", "-c", Self.script, mode, folder.path] + options)
        let line = await process.nextLine() ?? ""
        let ready = try JSONDecoder().decode(Ready.self, from: Data(line.utf8))
        port = ready.port
        certificate = Array(ready.certificate.utf8)
    }

    deinit {
        process.send(signal: SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    struct Caught: Decodable {
        let from: String
        let to: [String]
        let data: String
        let hello: String
        let user: String?
        let isEncrypted: Bool
    }

    /// The next mail that it took.
    func next() async throws -> Caught {
        let path = await process.nextLine() ?? ""
        return try JSONDecoder().decode(Caught.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private struct Ready: Decodable {
        let port: Int
        let certificate: String
    }

    private static let script = """
        import asyncio, base64, json, os, socket, ssl, subprocess, sys, tempfile
        from aiosmtpd.smtp import SMTP, AuthResult
        mode, options = sys.argv[1], sys.argv[3:]

        def tls():
            folder = tempfile.mkdtemp()
            key, certificate = folder + "/key.pem", folder + "/certificate.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
                "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            text = open(certificate).read()
            for name in (key, certificate): os.remove(name)
            os.rmdir(folder)
            return context, text

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, parameters):
                name = address.split("@")[0]
                if name == "busy": return "451 4.3.0 try later"
                if name == "gone": return "550 5.1.1 no such mailbox"
                if name == "slow": await asyncio.sleep(60)
                envelope.rcpt_tos.append(address)
                return "250 OK"
            async def handle_DATA(self, server, session, envelope):
                name = envelope.rcpt_tos[0].split("@")[0]
                if name == "spam": return "554 5.7.1 refused"
                if name == "full": return "452 4.2.2 mailbox full"
                taken = tempfile.NamedTemporaryFile("w", dir=sys.argv[2], delete=False)
                # In a file, since a pipe would fill and stop the server.
                with taken: taken.write(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                    "data": envelope.original_content.decode("latin-1"), "hello": session.host_name,
                    "user": getattr(session, "user", None), "isEncrypted": session.ssl is not None or mode == "tls"}))
                print(taken.name)
                return "250 taken"

        def authenticate(server, session, envelope, mechanism, data):
            session.user = data.login.decode()
            return AuthResult(success=data.login == b"mailer" and data.password == b"right password",
                handled=False)

        async def refuse(reader, writer):
            writer.write(b"554 no service here\\r\\n")
            await writer.drain()
            await reader.read(1000)
            writer.close()

        async def silence(reader, writer):
            await reader.read()
            writer.close()

        async def main():
            context, certificate = tls() if mode in ("starttls", "tls") else (None, "")
            arguments = {"hostname": "catcher.test"}
            if mode == "starttls": arguments.update(tls_context=context, require_starttls=True)
            if "auth" in options: arguments.update(authenticator=authenticate, auth_required=True,
                auth_require_tls=mode == "starttls")
            if mode == "refuse": server = await asyncio.start_server(refuse, "127.0.0.1", 0)
            elif mode == "silence": server = await asyncio.start_server(silence, "127.0.0.1", 0)
            else:
                server = await asyncio.get_running_loop().create_server(
                    lambda: SMTP(Handler(), **arguments), "127.0.0.1", 0, ssl=context if mode == "tls" else None)
            print(json.dumps({"port": server.sockets[0].getsockname()[1], "certificate": certificate}))
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
            os._exit(0)

        asyncio.run(main())
        """
}
