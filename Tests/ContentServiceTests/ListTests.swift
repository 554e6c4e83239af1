import ContentService
import Contract
import JSON
import Logging
import Primitives
import Protocol
import TestKit
import Testing

@Suite struct ListTests {
    @Test func pagesFollowEachOtherNewestFirst() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            // Three share each moment, so that the id decides.
            for index in 0..<23 {
                if index.isMultiple(of: 3) { fixture.clock.advance(by: .seconds(60)) }
                try await ada.post(title: "Number \(index)", tags: index.isMultiple(of: 2) ? ["even"] : ["odd"])
            }
            for limit in [1, 5, 20, 21, 23, 100] {
                let pages = try await fixture.walk("limit=\(limit)")
                #expect(pages.count == (23 + limit - 1) / limit)
                let slugs = pages.flatMap { $0 }
                #expect(slugs.count == 23 && Set(slugs).count == 23)
                #expect(slugs.first?.hasPrefix("number-2") == true && slugs.last?.hasPrefix("number-") == true)
            }
            let reference = try await fixture.walk("limit=100").flatMap { $0 }
            #expect(try await fixture.walk("limit=4").flatMap { $0 } == reference)
            for filter in [
                "tag=even", "tag=%20EVEN", "author=\(ada.id)", "locale=en", "tag=even&locale=en",
                "tag=even&author=\(ada.id)", "author=\(ada.id)&locale=en&tag=even",
            ] {
                let slugs = try await fixture.walk("\(filter)&limit=5").flatMap { $0 }
                let isEven = filter.lowercased().contains("even")
                #expect(slugs == reference.filter { !isEven || (Int($0.dropFirst(7)) ?? 1).isMultiple(of: 2) })
                #expect(try await fixture.walk("\(filter)&limit=50").flatMap { $0 } == slugs)
            }
            for filter in [
                "tag=none", "author=\(AccountID.make())", "locale=de", "tag=even&locale=de",
                "author=\(ada.id)&locale=de", "author=\(ada.id)&tag=none",
            ] {
                #expect(try await fixture.list(filter).slugs == [])
            }
        }
    }

    @Test func linksKeepTheFilter() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for index in 0..<3 { try await ada.post(title: "Number \(index)", tags: ["a & b=ü"]) }
            let page = try await fixture.list("tag=a+%26+b%3D%C3%BC&locale=en&limit=2")
            #expect(page.slugs.count == 2)
            let next = try #require(page["page", "next"]?.string)
            let link = "</v1/articles?tag=a%20%26%20b%3D%C3%BC&locale=en&limit=2&cursor=\(next)>; rel=\"next\""
            #expect(page.header("link") == link)
            let last = try await fixture.list("tag=a%20%26%20b%3D%C3%BC&locale=en&limit=2&cursor=\(next)")
            #expect(last.slugs.count == 1 && last["page", "next"] == .null && last.header("link") == nil)
        }
    }

    /// Items that were there when the walk began come once each, whatever is added and taken away meanwhile.
    @Test func aWalkIsStableWhileOthersWrite() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            var ids: [String: String] = [:]
            for index in 0..<30 {
                fixture.clock.advance(by: .seconds(1))
                let article = try await ada.post(title: "Old \(index)", tags: ["t"])
                ids[article.slug] = article.id
            }
            for query in ["limit=3", "tag=t&limit=3", "author=\(ada.id)&limit=3"] {
                let expected = try await fixture.walk(query).flatMap { $0 }
                let seen = try await fixture.walk(query) {
                    fixture.clock.advance(by: .seconds(1))
                    let new = try await ada.post(title: "New", tags: ["t"])
                    _ = try await ada.patch(new.id, #"{"title":"Newer"}"#)
                }.flatMap { $0 }
                #expect(seen == expected)
            }
            var gone: Set<String> = []
            var victims = (0..<30).filter { $0.isMultiple(of: 5) }.map { "old-\($0)" }
            let before = try await fixture.walk("limit=7").flatMap { $0 }
            let seen = try await fixture.walk("limit=7") {
                guard let victim = victims.popLast(), let id = ids[victim] else { return }
                gone.insert(victim)
                _ = try await ada.unpublish(id)
            }.flatMap { $0 }
            #expect(Set(seen).count == seen.count)
            #expect(Set(before).subtracting(seen).isSubset(of: gone))
        }
    }

    @Test func cursorsAreBoundToTheirList() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for index in 0..<3 { try await ada.post(title: "Number \(index)", tags: ["t"]) }
            let cursor = try #require(try await fixture.list("tag=t&limit=1")["page", "next"]?.string)
            #expect(try await fixture.list("tag=t&limit=2&cursor=\(cursor)").slugs.count == 2)
            let flipped = String(cursor.dropLast()) + (cursor.last == "A" ? "B" : "A")
            let queries = [
                "cursor=\(cursor)", "tag=u&cursor=\(cursor)", "tag=t&locale=en&cursor=\(cursor)",
                "tag=t&author=\(ada.id)&cursor=\(cursor)", "tag=t&cursor=\(flipped)", "tag=t&cursor=x",
                "tag=t&cursor=\(cursor)A", "tag=t&cursor=\(cursor.dropFirst())",
                "tag=t&cursor=\(cursor.uppercased())", "tag=t&cursor=\(String(repeating: "A", count: 54))",
            ]
            for query in queries { #expect(try await fixture.list(query).code == "cursor-invalid", "\(query)") }
            // Every changed bit of a cursor is seen.
            let bytes = try #require(Base64URL.decode(cursor))
            for bit in 0..<bytes.count * 8 {
                var forged = bytes
                forged[bit / 8] ^= 1 << UInt8(bit % 8)
                let reply = try await fixture.list("tag=t&cursor=\(Base64URL.encode(forged))")
                #expect(reply.code == "cursor-invalid")
            }
        }
    }

    @Test func cursorsOutliveARotationOfKeys() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for index in 0..<2 { try await ada.post(title: "Number \(index)") }
            let cursor = try #require(try await fixture.list("limit=1")["page", "next"]?.string)
            let newer = Secret<[UInt8]>(Array(repeating: 7, count: 32))
            for (keys, isValid) in [([newer, ContentFixture.cursorKey], true), ([newer], false)] {
                let service = ContentService(
                    configuration: ContentConfiguration(cursorKeys: keys), database: fixture.database,
                    user: fixture.user, logger: Logger(label: "test"))
                let reply = try await EndpointProbe(service.endpoints).call(
                    ListArticles.self, query: "limit=1&cursor=\(cursor)", as: .anonymous)
                #expect(isValid ? reply.slugs.count == 1 : reply.code == "cursor-invalid")
            }
        }
    }

    @Test func hostileQueriesAreRefused() async throws {
        let queries = [
            "limit=0", "limit=101", "limit=-1", "limit=1e1", "limit=", "limit=99999999999999999999", "tag=",
            "tag=\(String(repeating: "x", count: 41))", "author=me", "locale=EN", "cursor=", "sort=x",
            "limit=1&limit=2", "tag=%", "tag=%FF", "tag=%20", "tag=%07", "cursor=%00",
        ]
        try await ContentFixture.with { (fixture) async throws in
            for query in queries {
                do {
                    #expect(try await fixture.list(query).code == "invalid-query", "\(query)")
                } catch let fault as FieldFault {
                    // What the server finds before it asks the contract.
                    #expect(["format", "duplicate"].contains(fault.code))
                }
            }
        }
    }

    @Test func seedingTwiceChangesNothing() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let authors = (0..<4).map {
                ProfileFacts(id: .make(), handle: "author-\($0)", displayName: "Author \($0)", version: 1)
            }
            #expect(try await ContentService.seed(authors: authors, database: fixture.database) == 60)
            let slugs = try await fixture.walk("limit=100").flatMap { $0 }
            #expect(slugs.count == 54)
            #expect(try await ContentService.seed(authors: authors, database: fixture.database) == 0)
            #expect(try await fixture.walk("limit=100").flatMap { $0 } == slugs)
            for slug in slugs {
                let article = try await fixture.read(slug)
                #expect(article["summary"]?.string?.isEmpty == false)
                #expect(article["bodyHtml"]?.string?.contains("<h2>") == true)
            }
        }
    }
}
