import JSON
import Testing

@Suite struct JSONLimitsTests {
    private static let limits = JSONLimits(
        documentBytesMax: 60, depthMax: 3, membersMax: 2, elementsMax: 4, stringBytesMax: 5, numberBytesMax: 6)

    @Test(arguments: [
        "[[[1]]]", "[{\"a\":{}}]", "{\"a\":1,\"b\":2}", "[1,2,3,4]", "\"12345\"", #""\u00e9\u00e9a""#, "123456",
        "-1.234",
        String(repeating: " ", count: 59) + "1",
    ])
    func whatIsAtALimitIsRead(text: String) {
        #expect(throws: Never.self) { try JSONValue.parse(text, limits: Self.limits) }
    }

    private static let beyond: [(String, JSONFault.Reason, Int)] = [
        ("[[[[1]]]]", .tooDeep, 3),
        ("[{\"a\":{\"b\":[]}}]", .tooDeep, 11),
        ("{\"a\":1,\"b\":2,\"c\":3}", .tooManyMembers, 13),
        ("[1,2,3,4,5]", .tooManyElements, 9),
        ("[\"123456\"]", .stringTooLong, 1),
        (#"["\n23456"]"#, .stringTooLong, 1),
        ("{\"123456\":1}", .stringTooLong, 1),
        ("[1234567]", .numberTooLong, 1),
        ("-1.2345", .numberTooLong, 0),
        (String(repeating: " ", count: 60) + "1", .documentTooLong, 60),
    ]

    @Test(arguments: beyond) func whatIsBeyondIsRefused(text: String, reason: JSONFault.Reason, offset: Int) {
        #expect(throws: JSONFault(reason, offset: offset)) { try JSONValue.parse(text, limits: Self.limits) }
    }

    @Test func depthIsCountedPerBranch() {
        #expect(throws: Never.self) { try JSONValue.parse("[[[]],[[]],{\"a\":[]}]", limits: Self.limits) }
    }

    @Test func standardDepthIs32AndNoCallerMayExhaustTheStack() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(32)) }
        #expect(throws: JSONFault(.tooDeep, offset: 32)) { try JSONValue.parse(nested(33)) }
        let unbounded = JSONLimits(depthMax: .max)
        #expect(throws: JSONFault(.tooDeep, offset: 256)) { try JSONValue.parse(nested(100_000), limits: unbounded) }
    }
}
