import NIOCore
import Primitives
import Testing

@testable import HTTP

/// That both mean the same to the library is a target of the fuzzer (`header-block`).
@Suite struct HeaderBlockTests {
    /// RFC 7541, appendices C.4 and C.6.
    @Test(arguments: [
        ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"), ("a8eb10649cbf", "no-cache"),
        ("25a849e95ba97d7f", "custom-key"),
        ("25a849e95bb8e8b4bf", "custom-value"), ("6402", "302"), ("aec3771a4b", "private"),
        ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"),
        (
            "94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"
        ),
    ])
    func readsTheExamplesOfTheSpecification(code: String, text: String) throws {
        #expect(decode(try #require(Hex.decode(code))) == Array(text.utf8))
    }

    /// What is wrong, and what is rare, is left to the library.
    @Test(arguments: [
        // A byte of padding; padding with a zero in it; a backslash, whose code has 19 bits.
        "f1e3c2e5f23a6ba0ab90f4ffff", "f1e3c2e5f23a6ba0ab90f4fe", "fffe1f", "ffffffffffffffffffffffffffffffff",
    ])
    func leavesTheRestToTheLibrary(code: String) throws {
        #expect(decode(try #require(Hex.decode(code))) == nil)
    }

    /// However the bytes come, and whatever the strings are of, the requests are the same.
    @Test(arguments: [1, 2, 7, 64, 700, .max])
    func requestsAreTheSameHoweverTheyCome(chunk: Int) {
        var random = SeededGenerator(seed: 41)
        let alphabets = ["abcXYZ019-_.", "az09/%;=", "\\{}<`|~^", "\u{E4}\u{1F600}x"].map { Array($0) }
        let pair = Pair()
        var sent: [HeaderFields] = []
        for _ in 0..<20 {
            var fields = HeaderFields()
            for name in ["authorization", "cookie", "x-new-\(random.next() % 3)"] {
                let letters = alphabets.randomElement(using: &random) ?? []
                let count = Int.random(in: 0...900, using: &random)
                fields.append(name, String((0..<count).compactMap { _ in letters.randomElement(using: &random) }))
            }
            sent.append(fields)
            _ = pair.request(RequestHead(authority: "example.com", path: "/\(random.next())", fields: fields))
            pair.exchange(chunk: chunk)
        }
        #expect(pair.server.accepted.map(\.head.fields) == sent)
        #expect(pair.server.limits.isEmpty && !pair.server.session.isTerminated)
    }

    @Test func aLongTokenIsUnpacked() throws {
        let token = String(repeating: "eyJhbGciOiJFUzI1NiJ9.", count: 30)
        let pair = Pair()
        _ = pair.request(RequestHead(authority: "a", fields: ["authorization": "Bearer " + token]))
        let coded = pair.client.output()
        var cutter = FrameCutter(prefaceBytes: 0)
        let frame = try #require(coded.withUnsafeReadableBytes { unsafe cutter.nextHeaders($0) })
        let block = Array(coded.readableBytesView.dropFirst(frame.lowerBound + 9).prefix(frame.count - 9))
        #expect(block.count < token.utf8.count)
        var unpacked = [UInt8](repeating: 0, count: HeaderBlock.room(for: block.count))
        var recent = RecentString()
        // The second time it is the last one that came.
        for _ in 0..<2 {
            let count = block.withUnsafeBytes { block in
                unpacked.withUnsafeMutableBytes { unpacked in
                    unpacked.baseAddress.flatMap { HeaderBlock.unpack(block, to: $0, &recent) }
                }
            }
            #expect(String(decoding: unpacked[..<(try #require(count))], as: UTF8.self).contains(token))
            unpacked = [UInt8](repeating: 0, count: unpacked.count)
        }
    }

    /// Tokens of one length and one beginning, in turn and again.
    @Test func tokensAreToldApart() {
        let pair = Pair()
        let head = String(repeating: "eyJhbGciOiJFUzI1NiJ9.", count: 10)
        let sent = ["a", "a", "c", "a", "a", "ee", "e", "e"].map { head + $0 }
        for token in sent {
            _ = pair.request(RequestHead(authority: "a", fields: ["authorization": token]))
            pair.exchange(chunk: .max)
        }
        #expect(pair.server.accepted.map { $0.head.fields.first("authorization") } == sent)
    }

    private func decode(_ code: [UInt8]) -> [UInt8]? {
        var text = [UInt8](repeating: 0, count: HuffmanCode.room(for: code.count))
        let count = code.withUnsafeBytes { code in
            text.withUnsafeMutableBytes { text in
                text.baseAddress.flatMap { HuffmanCode.shared.decode(code, to: $0) }
            }
        }
        return count.map { Array(text[..<$0]) }
    }
}
