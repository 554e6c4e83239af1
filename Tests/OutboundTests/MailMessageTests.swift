import Foundation
import Outbound
import Primitives
import Testing

@Suite struct MailMessageTests {
    private func message(
        fromName: String? = "Causeway", toName: String? = nil, subject: String = "Confirm your address",
        text: String = "Hello\n", html: String? = nil
    ) throws -> MailMessage {
        try MailMessage(
            id: try #require(UUIDv7("01900000-0000-7000-8000-000000000001")), date: Timestamp(seconds: 1_800_000_000),
            from: MailAddress("no-reply@causeway.test", name: fromName),
            to: MailAddress("ada@example.test", name: toName), subject: subject, text: text, html: html)
    }

    @Test func `a plain mail is this, byte for byte`() throws {
        let text = String(decoding: try message(text: "Hello =1\n.dot\nFrom me \n").render(), as: UTF8.self)
        #expect(
            text
                == [
                    "Date: Fri, 15 Jan 2027 08:00:00 +0000",
                    "Message-ID: <01900000-0000-7000-8000-000000000001@causeway.test>",
                    "From: \"Causeway\" <no-reply@causeway.test>",
                    "To: <ada@example.test>",
                    "Subject: Confirm your address",
                    "Auto-Submitted: auto-generated",
                    "MIME-Version: 1.0",
                    "Content-Type: text/plain; charset=utf-8",
                    "Content-Transfer-Encoding: quoted-printable",
                    "",
                    "Hello =3D1",
                    "=2Edot",
                    "=46rom me=20",
                    "",
                ].joined(separator: "\r\n"))
    }

    @Test(arguments: [
        "Hello", "", "\"quoted\" \\ back", "Zoë Ångström", "名前", "=?utf-8?B?YQ==?=",
        String(repeating: "é😀", count: 30),
        String(repeating: "word ", count: 40), "a, b <c@d.test>; e:", "tab? no", "emoji 👩‍👩‍👧 family",
    ])
    func `names and subjects arrive as they were`(text: String) async throws {
        let parsed = try await ParsedMail(try message(fromName: text, toName: text, subject: text).render())
        #expect(parsed.defects == [])
        #expect(parsed.header("Subject") == [text])
        #expect(parsed.from == ["no-reply@causeway.test", text, "1"])
        #expect(parsed.to == ["ada@example.test", text, "1"])
        #expect(parsed.longestLine <= 76 + "Subject: ".count)
    }

    @Test func `the text and the HTML are alternatives`() async throws {
        let text = "Grüße,\nöffne https://localhost:8443/verify?token=abc=_=def\n\n  indented \t\nend"
        let html = "<p>Grüße &amp; <a href=\"https://localhost:8443/verify?token=x\">hier</a></p>"
        let parsed = try await ParsedMail(try message(text: text, html: html).render())
        #expect(parsed.defects == [])
        // The line break before a boundary is the boundary's.
        #expect(parsed.parts["text/plain"] == text)
        #expect(parsed.parts["text/html"] == html)
        #expect(parsed.header("Content-Type").first?.hasPrefix("multipart/alternative") == true)
        #expect(parsed.header("Auto-Submitted") == ["auto-generated"])
        #expect(parsed.header("Message-ID").count == 1)
        #expect(parsed.date == 1_800_000_000)
        #expect(parsed.longestLine <= 76 + 10)
    }

    @Test func `random bodies arrive as they were`() async throws {
        var generator = SeededGenerator(seed: 17)
        let alphabet = Array("abF.= \t\nçé😀-_From.".unicodeScalars)
        for _ in 0..<12 {
            var text = String.UnicodeScalarView()
            for _ in 0..<generator.next() % 2000 {
                text.append(alphabet[Int(generator.next() % UInt64(alphabet.count))])
            }
            let body = String(text)
            let parsed = try await ParsedMail(try message(text: body).render())
            #expect(parsed.defects == [])
            #expect(parsed.parts["text/plain"] == (body.hasSuffix("\n") ? body : body + "\n"))
            #expect(parsed.longestLine <= 76)
        }
    }

    @Test func `every kind of line break becomes CRLF`() throws {
        let bytes = try message(text: "a\rb\nc\r\nd\r\r\ne").render()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasSuffix("\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\ne\r\n"))
    }

    @Test(arguments: ["\r", "\n", "\r\nBcc: all@example.test", "\u{0}", "\u{7F}", "\u{85}", "\u{2028}", "\t"])
    func `nothing can add a header`(poison: String) throws {
        for subject in ["x\(poison)", "\(poison)x"] {
            let failure = #expect(throws: MailFailure.self) { try message(subject: subject) }
            #expect(failure?.kind == .invalid)
        }
        #expect(throws: MailFailure.self) { try MailAddress("a@example.test", name: "x\(poison)y") }
        #expect(throws: MailFailure.self) { try MailAddress("a\(poison)@example.test") }
        #expect(throws: MailFailure.self) { try MailAddress("a@example.test\(poison)") }
    }

    @Test(arguments: [
        "", "@", "a", "a@", "@b", "a@b@c", "a b@c.test", "a@b c", "<a@b.test>", "a@b..test", ".a@b.test", "a.@b.test",
        "a,b@c.test", "\"a\"@b.test", "a@[127.0.0.1]", "a@b.test>", "é@b.test", "a@é.test", "a(b)@c.test",
        "a:b@c.test",
        "a@b.test SIZE=1", String(repeating: "a", count: 65) + "@b.test",
        "a@" + String(repeating: "b", count: 254),
    ])
    func `what is no plain address is refused`(text: String) {
        let failure = #expect(throws: MailFailure.self) { try MailAddress(text) }
        #expect(failure?.kind == .invalid)
    }

    @Test(arguments: ["a@b", "ada.lovelace+tag@sub.example.test", "o'brien=x@b-c.test", "#!$%&*/?^_`{|}~@b.test"])
    func `plain addresses are taken`(text: String) throws {
        #expect(try MailAddress(text).address == text)
        #expect(try "\(MailAddress(text))" == "[address]")
    }

    @Test func `parts beyond the limits are refused`() throws {
        #expect(throws: MailFailure.self) { try message(subject: String(repeating: "a", count: 1025)) }
        let long = String(repeating: "a", count: MailLimits.bodyBytesMax + 1)
        #expect(throws: MailFailure.self) { try message(text: long) }
        #expect(throws: MailFailure.self) { try message(html: long) }
        #expect(throws: MailFailure.self) { try message(toName: String(repeating: "a", count: 257)) }
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 +0000"),
    ])
    func `dates`(seconds: Int64, expected: String) throws {
        let address = try MailAddress("a@b.test")
        let mail = try MailMessage(
            date: Timestamp(seconds: seconds), from: address, to: address, subject: "", text: "")
        #expect(String(decoding: mail.render(), as: UTF8.self).hasPrefix("Date: \(expected)\r\n"))
    }
}
