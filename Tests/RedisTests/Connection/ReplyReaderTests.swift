import NIOCore
import Primitives
import TestKit
import Testing

@testable import Redis

@Suite struct ReplyReaderTests {
    private func read(
        _ text: String, inPiecesOf size: Int = .max, bytesMax: Int = 1_000, elementsMax: Int = 100
    ) throws -> [RedisReply] {
        let reader = try #require(ReplyReader(bytesMax: bytesMax, elementsMax: elementsMax))
        var rest = Array(text.utf8)[...]
        var replies: [RedisReply] = []
        while !rest.isEmpty {
            try Array(rest.prefix(size)).withUnsafeBytes { try reader.feed($0) }
            rest = rest.dropFirst(size)
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    private static let examples: [(String, RedisReply)] = [
        ("+OK\r\n", .status("OK")),
        (":-42\r\n", .integer(-42)),
        (":9223372036854775807\r\n", .integer(.max)),
        ("$0\r\n\r\n", .bytes([])),
        ("$5\r\na\r\nb\u{0}\r\n", .bytes([0x61, 0x0D, 0x0A, 0x62, 0])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        (
            "*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n$-1\r\n",
            .array([.integer(1), .array([.bytes([0x61]), .array([])]), .null])
        ),
        ("-WRONGTYPE no\r\n", .error(RedisFailure(.server(code: "WRONGTYPE"), message: "WRONGTYPE no"))),
    ]

    @Test func readsEveryKindHoweverItIsCut() throws {
        let all = Self.examples.map(\.0).joined()
        for size in [1, 2, 3, 7, 1_000] {
            #expect(try read(all, inPiecesOf: size) == Self.examples.map(\.1))
        }
    }

    @Test func knowsWhichErrorsComeBeforeExecution() throws {
        guard case .error(let failure)? = try read("-NOSCRIPT No matching script\r\n").first else {
            Issue.record("no error")
            return
        }
        #expect(failure.isNoScript)
        #expect(failure.provablyNotExecuted)
        #expect(!"\(failure)".contains("matching"))
    }

    @Test(arguments: [
        "?\r\n", "HTTP/1.1 400 Bad Request\r\n", "*1000000000\r\n", "*101\r\n", ":12x\r\n", "$-2\r\n", "*-2\r\n",
        "*99999999999999999999\r\n", "$x\r\n", "*50\r\n*51\r\n",
        String(repeating: "*1\r\n", count: 9) + ":1\r\n",
    ])
    func refuses(text: String) throws {
        #expect(throws: RedisFailure.self) { try read(text) }
        #expect(throws: RedisFailure.self) { try read(text, inPiecesOf: 1) }
    }

    @Test func refusesAReplyThatIsTooLargeAsItGrows() throws {
        #expect(try read("$900\r\n" + String(repeating: "x", count: 900) + "\r\n").count == 1)
        #expect(throws: RedisFailure.self) { try read("$2000\r\n" + String(repeating: "x", count: 1_001)) }
        #expect(throws: RedisFailure.self) { try read("+" + String(repeating: "x", count: 1_001)) }
        #expect(throws: RedisFailure.self) {
            try read("*50\r\n" + String(repeating: "$30\r\n\(String(repeating: "x", count: 30))\r\n", count: 40))
        }
        // Many small replies in one piece are no large reply.
        #expect(try read(String(repeating: "+OK\r\n", count: 1_000)).count == 1_000)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func survivesNoise(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("*$+-:0123456789\r\n\r\nx".utf8)
        let reader = try #require(ReplyReader(bytesMax: 1_000, elementsMax: 100))
        do {
            for _ in 0..<200 {
                let piece = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
                try piece.withUnsafeBytes { try reader.feed($0) }
                while let reply = try reader.next() { #expect(count(reply) <= 101) }
            }
        } catch let failure as RedisFailure {
            #expect(failure.kind == .protocolFault)
        }
    }

    private func count(_ reply: RedisReply) -> Int {
        guard case .array(let elements) = reply else { return 1 }
        return elements.reduce(1) { $0 + count($1) }
    }

    @Test func writesCommands() {
        var arguments = RedisArguments("SET", "schlüssel")
        arguments.append([0, 0x0D, 0x0A])
        arguments.append(Int64.min)
        let expected = "*4\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$3\r\n\u{0}\r\n\r\n$20\r\n-9223372036854775808\r\n"
        #expect(String(buffer: arguments.encoded()) == expected)
        var many = RedisArguments("DEL")
        for _ in 0..<1_234 { many.append("") }
        #expect(String(buffer: many.encoded()).hasPrefix("*1235\r\n$3\r\nDEL\r\n$0\r\n\r\n$0\r\n"))
    }
}
