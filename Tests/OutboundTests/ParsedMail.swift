import Foundation
import TestKit

/// A mail as Python's `email` package reads it.
struct ParsedMail: Decodable {
    let headers: [[String]]
    let from: [String]
    let to: [String]
    let date: Int
    let defects: [String]
    let parts: [String: String]
    let longestLine: Int

    func header(_ name: String) -> [String] {
        headers.filter { $0[0].lowercased() == name.lowercased() }.map { $0[1] }
    }

    init(_ bytes: [UInt8]) async throws {
        let outcome = try await ChildProcess.run([ChildProcess.python, "-c", Self.script], input: bytes)
        self = try JSONDecoder().decode(ParsedMail.self, from: Data(outcome.output))
    }

    private static let script = """
        import email, email.header, email.policy, email.utils, json, sys
        raw = sys.stdin.buffer.read()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        defects = [repr(d) for part in mail.walk() for d in part.defects]
        for name in mail.keys():
            defects += [name + ": " + repr(d) for d in mail[name].defects]
        if any(byte >= 127 for byte in raw): defects.append("not ASCII")
        if raw.replace(b"\\r\\n", b"").count(b"\\n") or raw.replace(b"\\r\\n", b"").count(b"\\r"):
            defects.append("a bare CR or LF")
        parts = {}
        for part in mail.walk():
            if not part.is_multipart():
                parts[part.get_content_type()] = part.get_content().replace("\\r\\n", "\\n")
        # The older reader of names: the newer one puts spaces between encoded words, which RFC 2047 forbids.
        plain = email.message_from_bytes(raw, policy=email.policy.compat32)
        def person(header):
            found = email.utils.getaddresses([plain[header].replace("\\r\\n", "")])
            name = str(email.header.make_header(email.header.decode_header(found[0][0])))
            return [found[0][1], name, str(len(found))]
        print(json.dumps({
            "headers": [[name, str(value)] for name, value in mail.items()],
            "from": person("From"), "to": person("To"), "date": int(mail["Date"].datetime.timestamp()),
            "defects": defects, "parts": parts, "longestLine": max(len(l) for l in raw.split(b"\\r\\n"))}))
        """
}
