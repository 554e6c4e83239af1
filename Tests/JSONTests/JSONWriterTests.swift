import JSON
import Testing

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test(arguments: [0, 7, -7, 10, 1_234_567_890, .max, .min])
    func integersAreDecimal(_ value: Int64) {
        #expect(text { $0.integer(value) } == value.description)
    }

    @Test func linesGoOnInTheSameBuffer() {
        var first = JSONWriter()
        first.object { $0.member("a", integer: 1) }
        first.endLine()
        var second = JSONWriter(continuing: first.takeBytes())
        #expect(first.bytes.isEmpty)
        second.object { $0.member("b", integer: 2) }
        second.endLine()
        #expect(String(decoding: second.bytes, as: UTF8.self) == "{\"a\":1}\n{\"b\":2}\n")
    }

    @Test func commasStandWhereTheyMust() {
        let written = text { json in
            json.object { json in
                json.member("a", integer: 1)
                json.name("b")
                json.array { json in
                    json.null()
                    json.array { _ in }
                    json.object { _ in }
                    json.bool(true)
                }
                json.name(encoded: JSONWriter.encodedName("c\""))
                json.raw(Array("[0]".utf8))
                json.member("d", strings: ["x", "y"])
            }
        }
        #expect(written == #"{"a":1,"b":[null,[],{},true],"c\"":[0],"d":["x","y"]}"#)
    }

    private static let strings: [(String, String)] = [
        ("", #""""#),
        ("plain", #""plain""#),
        ("\"\\", #""\"\\""#),
        ("/", #""/""#),
        ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
        ("\0\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""),
        ("é€😀\u{2028}", "\"é€😀\u{2028}\""),
        ("12345678\"12345678\n1234567\\", #""12345678\"12345678\n1234567\\""#),
    ]

    @Test(arguments: strings) func stringsAreEscaped(value: String, expected: String) {
        #expect(text { $0.string(value) } == expected)
        let constants = JSONWriter.encodedMembers { json in
            json.member("a", string: value)
            json.member("b", integer: -1)
        }
        let written = text { json in
            json.object { json in
                json.member("id", plainBytes: 2) { ($0[0], $0[1]) = (0x30, 0x31) }
                json.members(encoded: constants)
                json.member("c", string: value)
            }
        }
        #expect(written == "{\"id\":\"01\",\"a\":\(expected),\"b\":-1,\"c\":\(expected)}")
    }

    @Test func aByteIsEscapedWhereverItStands() throws {
        for special in ["\"", "\\", "\n", "\u{1F}", "\u{80}", "\u{FF}", " ", "!", "#", "[", "]", "\u{7F}"] {
            for position in 0..<24 {
                var characters = Array(repeating: "a", count: 24)
                characters[position] = special
                let value = characters.joined()
                let written = text { $0.string(value) }
                #expect(try JSONValue.parse(written) == .string(value))
                #expect(!written.utf8.contains { $0 < 0x20 })
            }
        }
    }

    private static let numbers: [(Int64, String)] = [
        (0, "0"), (7, "7"), (-1, "-1"), (10, "10"), (1_234_567_890, "1234567890"),
        (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
    ]

    @Test(arguments: numbers) func integersAreWritten(value: Int64, expected: String) {
        #expect(text { $0.integer(value) } == expected)
    }

    @Test(arguments: [0.1, 1, -0.0, 1e16, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi])
    func doublesReadBackAsTheSame(value: Double) throws {
        #expect(try JSONValue.parse(text { $0.double(value) }) == .number(value))
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan]) func whatJSONLacksIsNull(value: Double) {
        #expect(text { $0.double(value) } == "null")
    }

    @Test func aPointerIsEscaped() {
        #expect(JSONPointer.root.description == "")
        #expect(JSONPointer().appending("tags").appending(2).appending("a/b~c").description == "/tags/2/a~1b~0c")
        #expect(JSONPointer(["", "~1"]).description == "//~01")
    }
}
