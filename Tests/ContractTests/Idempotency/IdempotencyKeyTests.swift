import Contract
import Primitives
import Testing

@Suite struct IdempotencyKeyTests {
    private static let longest = String(repeating: "k", count: IdempotencyKey.lengthMax)

    @Test(arguments: [
        ("a", "a"), ("\"a\"", "a"), ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("order:7/line;2=!~", "order:7/line;2=!~"), ("\"with a space\"", "with a space"), ("\"a,b\"", "a,b"),
        (#""say \"hi\" \\o/""#, #"say "hi" \o/"#), ("  a\t", "a"), (" \"a\" ", "a"), ("\" a \"", " a "),
        (longest, longest), ("\"\(longest)\"", longest),
        ("\"" + String(repeating: #"\""#, count: 64) + "\"", String(repeating: "\"", count: 64)),
    ])
    func parses(value: String, key: String) throws {
        let parsed = try #require(IdempotencyKey(header: [value]))
        #expect(parsed.text == key)
        #expect(IdempotencyKey(header: [parsed.headerValue]) == parsed)
    }

    @Test(arguments: [
        [], [""], [" "], ["\"\""], ["\""], ["\"a"], ["a\""], ["a b"], ["a,b"], ["a, b"], ["\"a\", \"b\""], ["a\\b"],
        ["a\"b"], [#""a\x""#], [#""a\"#], ["\"a\"b"], ["\"a\";p=1"], ["\"a\"\"b\""], ["a\u{7F}"], ["\"a\tb\""],
        ["a\u{0}"], ["\"a\u{0}\""], ["ä"], ["\"ä\""], ["😀"], [longest + "k"], ["\"\(longest)k\""], ["a", "a"],
        ["a", ""], [":YQ==:\u{1}"],
    ])
    func refuses(lines: [String]) {
        #expect(IdempotencyKey(header: lines) == nil)
    }

    /// Whatever comes, a key is 1 to 64 printable characters that print to what parses to them, and both forms agree.
    @Test func noLineGivesAKeyThatIsNone() {
        var random = SeededGenerator(seed: 90)
        let alphabet = Array("ab0 \"\"\\\\,;:=\t~!/\u{7F}\u{0}äé😀".unicodeScalars)
        var count = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...70, using: &random) % (Bool.random(using: &random) ? 6 : 71)
            var line = String.UnicodeScalarView()
            for _ in 0..<length { line.append(alphabet.randomElement(using: &random) ?? "a") }
            let text = Bool.random(using: &random) ? String(line) : "\"\(String(line))\""
            guard let key = IdempotencyKey(header: [text]) else { continue }
            count += 1
            let isPrintable = key.text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            #expect(isPrintable && (1...64).contains(key.text.utf8.count), "\(text)")
            #expect(IdempotencyKey(header: [key.headerValue]) == key, "\(text)")
            #expect(IdempotencyKey(header: [text, text]) == nil)
        }
        #expect(count > 500)
    }
}

@Suite struct IdempotencyClaimTests {
    private func claim(scope: UInt8) throws -> IdempotencyClaim {
        IdempotencyClaim(
            caller: "account:1", operationID: "make", key: try #require(IdempotencyKey("k")),
            scope: Array(repeating: scope, count: 32), fingerprint: Array(repeating: 0, count: 32))
    }

    @Test func theOnwardKeyIsTheScopes() throws {
        let (one, other) = (try claim(scope: 1).onwardKey, try claim(scope: 2).onwardKey)
        #expect(one != other && one.text.count == 43)
        #expect(IdempotencyKey(header: [one.text]) == one)
    }

    @Test func anonymousCallersHaveNoKeys() {
        let account = CallerContext.Account(
            id: .make(), session: .make(), roles: [], permissions: [], authenticatedAt: .now, methods: [], epoch: 0)
        #expect(CallerContext(issuer: .gateway, clientAddress: "::1").claimant == nil)
        #expect(CallerContext(issuer: .content).claimant == "service:content")
        #expect(
            CallerContext(issuer: .gateway, account: account, clientAddress: "::1").claimant
                == "account:\(account.id)")
    }
}
