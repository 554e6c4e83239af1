import Contract
import Cryptography
import Foundation
import NIOCore
import Primitives
import Protocol
import Testing

@testable import Gateway

@Suite("The gateway's pages")
struct PageTests {
    /// What stands in the one `element` of the page.
    private func content(of element: String, in html: String) throws -> String {
        let start = try #require(html.range(of: "<\(element)>"))
        let end = try #require(html.range(of: "</\(element)>"))
        return String(html[start.upperBound..<end.lowerBound])
    }

    private func source(_ text: String) -> String {
        "'sha256-\(Data(SHA256.hash(text)).base64EncodedString())'"
    }

    @Test("name their script and style by hashes, and allow nothing else inline")
    func hashes() throws {
        let page = VerifyPage.page
        let policy = page.contentSecurity
        #expect(policy.contains("script-src \(source(try content(of: "script", in: page.html)))"))
        #expect(policy.contains("style-src \(source(try content(of: "style", in: page.html)))"))
        #expect(policy.contains("default-src 'none'"))
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        for attribute in [" onclick=", " style=", " onload=", "javascript:"] { #expect(!page.html.contains(attribute)) }
    }

    @Test("let any password be typed that the contract takes")
    func passwordLength() throws {
        let longest = String(repeating: "\u{1F511}", count: 128)
        let match = try #require(VerifyPage.page.html.firstMatch(of: /maxlength="(\d+)"/))
        #expect(Int(match.1) == longest.utf16.count && longest.unicodeScalars.count == 128)
    }

    @Test("exist for every problem and carry its cause and fix")
    func problems() throws {
        let documents = ProblemPages.documents(Suite.problems)
        #expect(documents.count == Suite.problems.count + 1)
        for kind in Suite.problems {
            let document = try #require(documents.first { $0.path == "/problems/\(kind.code)" })
            let html = String(buffer: document.body)
            #expect(html.contains("<code>\(kind.code)</code>"))
            #expect(html.contains(Page.escape(kind.cause.split(separator: "`").first.map(String.init) ?? "")))
            #expect(!html.contains("<access token>"))
        }
    }

    @Test("escape what is not theirs")
    func escapes() {
        #expect(Page.escape("<a href=\"x\">'&'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;")
        #expect(Page(title: "</title><script>", main: "").html.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"))
    }

    @Test("say where weaknesses are reported only where somebody reads")
    func securityText() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        let without = OwnDocuments.all(publicURL: "https://x.example", securityContact: nil, now: now)
        #expect(!without.contains { $0.operation == "security-txt" })
        let with = OwnDocuments.all(publicURL: "https://x.example", securityContact: "mailto:a@x.example", now: now)
        let document = try #require(with.first { $0.operation == "security-txt" })
        let text = String(buffer: document.body)
        #expect(text.contains("Contact: mailto:a@x.example\nExpires: 2028-01-15T08:00:00.000Z\n"))
    }
}
