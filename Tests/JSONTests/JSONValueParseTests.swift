import JSON
import Testing

@Suite struct JSONValueParseTests {
    private static let valid: [(String, JSONValue)] = [
        ("null", .null),
        (" \t\r\ntrue \n", .bool(true)),
        ("false", .bool(false)),
        ("0", .integer(0)),
        ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        ("1.0", .number(1)),
        ("1e0", .number(1)),
        ("-1.25E+2", .number(-125)),
        ("1e-400", .number(0)),
        ("\"\"", .string("")),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u0041\u00e9\u20AC\uD83D\ude00""#, .string("Aé€😀")),
        (
            "\"é€😀 plain text that is longer than eight bytes\"",
            .string("é€😀 plain text that is longer than eight bytes")
        ),
        ("\"\u{7F}\u{2028}\u{2029}\"", .string("\u{7F}\u{2028}\u{2029}")),
        (#""12345678\n12345678""#, .string("12345678\n12345678")),
        (#""\u0000""#, .string("\0")),
        ("[]", .array([])),
        ("[ ]", .array([])),
        ("{ }", .object([:])),
        ("[1, [2], {\"a\" : 3}]", .array([.integer(1), .array([.integer(2)]), .object(["a": .integer(3)])])),
        ("{\"b\":1,\"a\":2}", .object(["b": .integer(1), "a": .integer(2)])),
    ]

    @Test(arguments: valid) func aDocumentIsRead(text: String, expected: JSONValue) throws {
        #expect(try JSONValue.parse(text) == expected)
    }

    private static let invalid: [(String, JSONFault.Reason, Int)] = [
        ("", .unexpectedEnd, 0),
        ("  ", .unexpectedEnd, 2),
        ("[", .unexpectedEnd, 1),
        ("[1", .unexpectedEnd, 2),
        ("[1,", .unexpectedEnd, 3),
        ("{\"a\"", .unexpectedEnd, 4),
        ("{\"a\":", .unexpectedEnd, 5),
        ("\"abc", .unexpectedEnd, 4),
        ("\"abc\\", .unexpectedEnd, 5),
        ("\"\\u12", .unexpectedEnd, 5),
        ("-", .unexpectedEnd, 1),
        ("1.", .unexpectedEnd, 2),
        ("1e+", .unexpectedEnd, 3),
        ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1),
        ("[1 2]", .unexpectedByte, 3),
        ("[1}", .unexpectedByte, 2),
        ("{\"a\":1,}", .unexpectedByte, 7),
        ("{1:2}", .unexpectedByte, 1),
        ("{a:2}", .unexpectedByte, 1),
        ("{\"a\" 1}", .unexpectedByte, 5),
        ("+1", .unexpectedByte, 0),
        (".5", .unexpectedByte, 0),
        ("'a'", .unexpectedByte, 0),
        ("\u{A0}1", .unexpectedByte, 0),
        ("// comment\n1", .unexpectedByte, 0),
        ("NaN", .unknownLiteral, 0),
        ("Infinity", .unknownLiteral, 0),
        ("[True]", .unknownLiteral, 1),
        ("nul", .unknownLiteral, 0),
        ("nullx", .unknownLiteral, 0),
        ("1 2", .trailingBytes, 2),
        ("{}x", .trailingBytes, 2),
        ("null\0", .trailingBytes, 4),
        ("\u{FEFF}1", .byteOrderMark, 0),
        ("\"a\nb\"", .controlCharacter, 2),
        ("\"12345678\u{1F}12345678\"", .controlCharacter, 9),
        (#""a\x""#, .invalidEscape, 2),
        (#""\u12g4""#, .invalidEscape, 1),
        (#""\ud800""#, .loneSurrogate, 1),
        (#""a\udc00""#, .loneSurrogate, 2),
        (#""\ud800\ud800""#, .loneSurrogate, 1),
        (#""\ud800\n""#, .loneSurrogate, 1),
        (#""\ud800x""#, .loneSurrogate, 1),
        ("01", .leadingZero, 0),
        ("[-007]", .leadingZero, 2),
        ("-x", .invalidNumber, 1),
        ("1.x", .invalidNumber, 2),
        ("1ex", .invalidNumber, 2),
        ("[1e999]", .numberOutOfRange, 1),
        ("-1e309", .numberOutOfRange, 0),
        ("{\"a\":1,\"a\":1}", .duplicateMember, 7),
        (#"{"a":1,"\u0061":2}"#, .duplicateMember, 7),
    ]

    @Test(arguments: invalid) func aDocumentIsRefused(text: String, reason: JSONFault.Reason, offset: Int) {
        #expect(throws: JSONFault(reason, offset: offset)) { try JSONValue.parse(text) }
    }

    private static let invalidUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xE2, 0x28, 0xA1],
    ]

    @Test(arguments: invalidUTF8) func malformedTextIsRefusedWhereItStands(sequence: [UInt8]) {
        let fault = JSONFault(.invalidUTF8, offset: 2)
        #expect(throws: fault) { try JSONValue.parse([0x22, 0x61] + sequence + [0x22]) }
        #expect(throws: fault) { try JSONValue.parse([0x22, 0x61] + sequence) }
        #expect(throws: JSONFault(.invalidUTF8, offset: 0)) { try JSONValue.parse(sequence) }
    }

    @Test func everySourceOfBytesReadsTheSame() throws {
        let bytes = Array("[1,\"two\"]".utf8)
        let expected = JSONValue.array([.integer(1), .string("two")])
        #expect(try JSONValue.parse(bytes) == expected)
        #expect(try JSONValue.parse(bytes.span) == expected)
        #expect(try bytes.withUnsafeBytes { try JSONValue.parse($0) } == expected)
        #expect(throws: JSONFault(.unexpectedEnd, offset: 0)) {
            try JSONValue.parse(UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    @Test func aMemberIsFoundByItsExactBytesOnly() throws {
        let kelvin = try #require(JSONValue.parse("{\"\u{212A}id\":1}").object)
        #expect(kelvin["Kid"] == nil)
        #expect(kelvin["\u{212A}id"] == .integer(1))
    }

    @Test func duplicatesAreFoundInLargeObjects() {
        let members = (0..<200).map { "\"n\($0)\":0" }
        #expect(throws: Never.self) { try JSONValue.parse("{\(members.joined(separator: ","))}") }
        for repeated in [3, 15, 16, 17, 199] {
            let text = "{\((members + ["\"n\(repeated)\":0"]).joined(separator: ","))}"
            #expect { try JSONValue.parse(text) } throws: { ($0 as? JSONFault)?.reason == .duplicateMember }
        }
    }

    @Test func fourSpellingsOfOneObject() {
        var object: JSONObject = ["a": .null]
        object["b"] = .bool(true)
        object["a"] = .integer(1)
        #expect(object == ["a": .integer(1), "b": .bool(true)])
        object["a"] = nil
        object["missing"] = nil
        #expect(object == ["b": .bool(true)])
    }
}
