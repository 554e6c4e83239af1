import Primitives
import TestKit
import Testing

@testable import Gateway

@Suite("The canonical path")
struct CanonicalPathTests {
    @Test(
        "has one spelling",
        arguments: [
            ("/", "/"), ("/v1/articles", "/v1/articles"), ("/v1/articles/", "/v1/articles/"),
            ("/v1/%61rticles", "/v1/articles"), ("/v1/a%2db%2E%5f%7e", "/v1/a-b._~"),
            ("//v1///articles", "/v1/articles"),
            ("/v1/users/@me", "/v1/users/@me"), ("/v1/articles:batch", "/v1/articles:batch"),
            ("/v1/caf%c3%a9", "/v1/caf%C3%A9"), ("/v1/%20x", "/v1/%20x"), ("/a%25b", "/a%25b"),
            ("/.well-known/jwks.json", "/.well-known/jwks.json"), ("/v1/...", "/v1/..."), ("/v1/.a/b", "/v1/.a/b"),
            ("/v1/articles?limit=3&cursor=%2F..%2F", "/v1/articles?limit=3&cursor=%2F..%2F"),
            ("/v1/%61?%61=1", "/v1/a?%61=1"), ("/a?filter[x][eq]=1|2", "/a?filter[x][eq]=1|2"), ("/a?", "/a?"),
            ("/a?b?c//../", "/a?b?c//../"), ("/%252e%252e/", "/%252e%252e/"),
            ("/a/...;/b", "/a/...;/b"), ("/a;../b", "/a;../b"), ("/a/.b;c", "/a/.b;c"), ("/a/;/..b;", "/a/;/..b;"),
            ("/a/..%25", "/a/..%25"),
        ])
    func canonical(raw: String, expected: String) throws {
        let path = try CanonicalPath(raw)
        #expect(path.target == expected)
        let parts = expected.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(path.path == parts[0])
        #expect(path.query == (parts.count > 1 ? parts[1] : ""))
    }

    @Test(
        "refuses what has two meanings",
        arguments: [
            ("", CanonicalPath.Refusal.notAbsolute), ("v1", .notAbsolute), ("?a=/", .notAbsolute), ("*", .notAbsolute),
            ("http://x/", .notAbsolute), ("/v1/./a", .dotSegment), ("/v1/../a", .dotSegment), ("/..", .dotSegment),
            ("/.", .dotSegment), ("/v1/%2e%2E/a", .dotSegment), ("/v1/.%2e", .dotSegment), ("//..//a", .dotSegment),
            ("/a/..;/b", .dotSegment), ("/a/..;x=1/b", .dotSegment), ("/a/.;/b", .dotSegment), ("/a/..;", .dotSegment),
            ("/..;a", .dotSegment), ("/a/%2e.;/b", .dotSegment), ("/a/..%3B/b", .dotSegment),
            ("/a/%2E%2e%3bx/b", .dotSegment), ("/a/.%3b", .dotSegment),
            ("/a%00", .forbiddenEscape), ("/a%2Fb", .forbiddenEscape), ("/a%2fb", .forbiddenEscape),
            ("/a%5Cb", .forbiddenEscape), ("/a%0d%0aX:y", .forbiddenEscape), ("/a%7f", .forbiddenEscape),
            ("/a%", .brokenEscape), ("/a%2", .brokenEscape), ("/a%zz", .brokenEscape), ("/a%%41", .brokenEscape),
            ("/a\\b", .forbiddenByte), ("/a b", .forbiddenByte), ("/a#b", .forbiddenByte), ("/a\"", .forbiddenByte),
            ("/a{b}", .forbiddenByte), ("/é", .forbiddenByte), ("/a\u{0}", .forbiddenByte),
            ("/a\u{7f}", .forbiddenByte),
            ("/a?b c", .forbiddenByte), ("/a?b#c", .forbiddenByte), ("/a?é", .forbiddenByte),
            ("/a?b\u{1}", .forbiddenByte),
        ])
    func refused(raw: String, refusal: CanonicalPath.Refusal) {
        #expect(throws: refusal) { try CanonicalPath(raw) }
    }

    @Test("of anything is its own canonical path and has nothing ambiguous left", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "/", "//", ".", "..", "/./", "/../", "%2e", "%2F", "%5c", "%00", "%", "%4", "%41", "%c3%a9", "%25", "a",
            "Z",
            "~", "?", "#", "&", "=", ":", "@", "\\", " ", "é", "\u{7f}", "articles", "v1", "%2525", ";", "+",
        ]
        var accepted = 0
        for _ in 0..<4000 {
            let count = Int.random(in: 0...8, using: &random)
            let raw = "/" + (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let path = try? CanonicalPath(raw) else { continue }
            accepted += 1
            #expect(try CanonicalPath(path.target) == path, "\(raw)")
            let segments = path.path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(path.path.first == "/")
            let bare = segments.map { $0.prefix { $0 != ";" } }
            #expect(!bare.contains(".") && !bare.contains(".."), "\(raw)")
            #expect(!path.path.contains("//"), "\(raw)")
            let lower = path.path.lowercased()
            for hidden in ["%2f", "%5c", "%00", "%2e", "\\"] { #expect(!lower.contains(hidden), "\(raw)") }
            #expect(path.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }, "\(raw)")
        }
        #expect(accepted > 200)
    }
}
