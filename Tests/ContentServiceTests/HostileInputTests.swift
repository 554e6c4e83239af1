import Contract
import JSON
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct HostileInputTests {
    private static let badValues = [
        (#"{"body":""}"#, "/title required"), (#"{"title":"","body":""}"#, "/title length"),
        (#"{"title":"  ","body":""}"#, "/title length"), (#"{"title":"a\nb","body":""}"#, "/title format"),
        (#"{"title":"x"}"#, "/body required"), (#"{"title":"x","body":7}"#, "/body type"),
        (#"{"title":"x","body":"\u0000"}"#, "/body format"),
        (#"{"title":"x","body":"","slug":"Not A Slug"}"#, "/slug format"),
        (#"{"title":"x","body":"","slug":"0190aaaa-0000-7000-8000-000000000000"}"#, "/slug format"),
        (#"{"title":"x","body":"","tags":["a","a"]}"#, "/tags duplicate"),
        (#"{"title":"x","body":"","tags":[" "]}"#, "/tags/0 format"),
        (#"{"title":"x","body":"","tags":["a","b\u0007"]}"#, "/tags/1 format"),
        (#"{"title":"x","body":"","tags":["1","2","3","4","5","6","7","8","9","10","11"]}"#, "/tags length"),
        (#"{"title":"x","body":"","tags":["\#(String(repeating: "x", count: 41))"]}"#, "/tags length"),
        (#"{"title":"x","body":"","data":[]}"#, "/data type"),
        (#"{"title":"x","body":"","data":{"a":"\u0000"}}"#, "/data format"),
        (#"{"title":"x","body":"","data":{"a":[{"\u0000":1}]}}"#, "/data format"),
        (#"{"title":"x","body":"","data":{"a":"\#(String(repeating: "x", count: 17_000))"}}"#, "/data length"),
        (#"{"title":"x","body":"","summary":"\#(String(repeating: "x", count: 501))"}"#, "/summary length"),
        (#"{"title":"x","body":"","locale":"xx-xx"}"#, "/locale format"),
        (#"{"title":"x","body":"","author":"me"}"#, "/author unknown"),
        (#"{"title":"x","body":"","status":"published"}"#, "/status unknown"),
    ]

    @Test func badValuesAreToldByPointer() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for (body, fault) in Self.badValues {
                let reply = try await ada.create(body)
                #expect(reply.code == "validation", "\(body)")
                #expect(reply.faults == [fault], "\(body)")
            }
            #expect(fixture.user.calls == 0)
        }
    }

    @Test func allFaultsAreToldAtOnce() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let reply = try await ada.create(#"{"title":" ","body":"","tags":[" ","ok","\u0007"],"data":{"\u0000":1}}"#)
            #expect(reply.faults == ["/title length", "/tags/0 format", "/tags/2 format", "/data format"])
        }
    }

    @Test func bodiesThatWouldGrowAreRefused() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let head = String(repeating: "|a", count: 3000) + #"\n"# + String(repeating: "|-", count: 3000)
            let table = head + String(repeating: #"\nb"#, count: 4000)
            let reply = try await ada.create(#"{"title":"x","body":"\#(table)"}"#)
            #expect(reply.faults == ["/body complexity"])
            let id = try await ada.create(title: "x").id
            #expect(try await ada.patch(id, #"{"body":"\#(table)"}"#).faults == ["/body complexity"])
        }
    }

    @Test func oddTextsSurvive() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let texts = [
                "'; DROP TABLE articles; --", "\\\\ \\n $1 %s {}", "🎉👩‍👩‍👧‍👦 é e\u{301}", "\u{FFFD}\u{200B}\u{FEFF}x",
                "<script>alert(1)</script>", "NULL", "\u{10FFFF}",
            ]
            for text in texts {
                let title = JSONValue.string(text)
                let document = String(
                    decoding: JSONValue.object(["title": title, "body": title]).encoded, as: UTF8.self)
                let created = try await ada.create(document)
                #expect(created.status == 201, "\(text)")
                let published = try await ada.publish(created.id)
                let read = try await fixture.read(published.slug)
                #expect(read["title"] == title && read["body"] == title)
                #expect(read["bodyHtml"]?.string?.contains("<script") == false)
            }
        }
    }

    @Test func dataIsGivenBack() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let data = #"{"a":{"b":[1,2.5,true,null,"x"],"c":""},"n":9007199254740993,"u":"é\"\\"}"#
            let created = try await ada.create(#"{"title":"x","body":"","data":\#(data)}"#)
            let published = try await ada.publish(created.id)
            let read = try await fixture.read(published.id)
            #expect(read["data", "n"]?.integer == 9_007_199_254_740_993)
            #expect(read["data", "u"]?.string == "é\"\\")
            #expect(read["data", "a", "b"]?.array?.count == 5)
            let cleared = try await ada.patch(created.id, #"{"data":{}}"#)
            #expect(cleared["data"] == .object([:]))
        }
    }

    @Test func oddReferencesAreNotFound() async throws {
        let references = [
            "", "x/y", "UPPER", "a--b", "%00", "0190aaaa-0000-7000-8000-00000000000", "\u{0}", "..", "никто",
            "0190AAAA-0000-7000-8000-000000000000", "' OR 1=1", String(repeating: "x", count: 101),
        ]
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for article in references {
                #expect(try await fixture.read(article).code == "not-found")
                #expect(try await ada.draft(article).code == "not-found")
                #expect(try await ada.patch(article, "{}").code == "not-found")
            }
        }
    }
}
