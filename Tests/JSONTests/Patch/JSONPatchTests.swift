import JSON
import Testing

/// What comes of a patch: a document, or the reason and pointer of its refusal.
private func outcome(_ patch: String, of document: String, limits: JSONPatch.Limits = .init()) throws -> String {
    let document = try JSONValue.parse(document)
    do {
        let patched = try JSONPatch(json: JSONValue.parse(patch), limits: limits).applied(to: document, limits: limits)
        return String(decoding: patched.encoded, as: UTF8.self)
    } catch let fault as JSONPatchFault {
        return fault.description
    }
}

@Suite struct JSONPatchTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let document: String
        let patch: String
        let outcome: String

        init(_ name: String, _ document: String, _ patch: String, _ outcome: String) {
            (self.name, self.document, self.patch, self.outcome) = (name, document, patch, outcome)
        }

        var testDescription: String { name }
    }

    /// RFC 6902, appendix A, in its order. What it leaves to the reader is decided here: members of an operation that
    /// it does not have are ignored (A.11), and an operation with two `op` is no JSON to us (A.13).
    private static let appendix = [
        Vector(
            "A.1 adding an object member", #"{"foo":"bar"}"#, #"[{"op":"add","path":"/baz","value":"qux"}]"#,
            #"{"foo":"bar","baz":"qux"}"#),
        Vector(
            "A.2 adding an array element", #"{"foo":["bar","baz"]}"#,
            #"[{"op":"add","path":"/foo/1","value":"qux"}]"#, #"{"foo":["bar","qux","baz"]}"#),
        Vector(
            "A.3 removing an object member", #"{"baz":"qux","foo":"bar"}"#, #"[{"op":"remove","path":"/baz"}]"#,
            #"{"foo":"bar"}"#),
        Vector(
            "A.4 removing an array element", #"{"foo":["bar","qux","baz"]}"#,
            #"[{"op":"remove","path":"/foo/1"}]"#, #"{"foo":["bar","baz"]}"#),
        Vector(
            "A.5 replacing a value", #"{"baz":"qux","foo":"bar"}"#,
            #"[{"op":"replace","path":"/baz","value":"boo"}]"#, #"{"baz":"boo","foo":"bar"}"#),
        Vector(
            "A.6 moving a value", #"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            #"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            #"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#),
        Vector(
            "A.7 moving an array element", #"{"foo":["all","grass","cows","eat"]}"#,
            #"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#, #"{"foo":["all","cows","eat","grass"]}"#),
        Vector(
            "A.8 testing a value: success", #"{"baz":"qux","foo":["a",2,"c"]}"#,
            #"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            #"{"baz":"qux","foo":["a",2,"c"]}"#),
        Vector(
            "A.9 testing a value: error", #"{"baz":"qux"}"#, #"[{"op":"test","path":"/baz","value":"bar"}]"#,
            #"test-failed at "/0/value""#),
        Vector(
            "A.10 adding a nested member object", #"{"foo":"bar"}"#,
            #"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#, #"{"foo":"bar","child":{"grandchild":{}}}"#),
        Vector(
            "A.11 ignoring unrecognised elements", #"{"foo":"bar"}"#,
            #"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#, #"{"foo":"bar","baz":"qux"}"#),
        Vector(
            "A.12 adding to a non-existent target", #"{"foo":"bar"}"#,
            #"[{"op":"add","path":"/baz/bat","value":"qux"}]"#, #"no-such-place at "/0/path""#),
        Vector(
            "A.14 ~ escape ordering", #"{"/":9,"~1":10}"#, #"[{"op":"test","path":"/~01","value":10}]"#,
            #"{"/":9,"~1":10}"#),
        Vector(
            "A.15 comparing strings and numbers", #"{"/":9,"~1":10}"#,
            #"[{"op":"test","path":"/~01","value":"10"}]"#, #"test-failed at "/0/value""#),
        Vector(
            "A.16 adding an array value", #"{"foo":["bar"]}"#,
            #"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#, #"{"foo":["bar",["abc","def"]]}"#),
    ]

    @Test(arguments: appendix) func appendixA(vector: Vector) throws {
        #expect(try outcome(vector.patch, of: vector.document) == vector.outcome)
    }

    /// A.13: two members of one name.
    @Test func aPatchWithAMemberTwiceIsNoJSON() {
        let text = #"[{"op":"add","path":"/baz","value":"qux","op":"remove"}]"#
        #expect(throws: JSONFault.self) { try JSONValue.parse(text) }
    }

    private static let edges = [
        Vector("nothing to do", "1", "[]", "1"),
        Vector("replacing the document", "{}", #"[{"op":"replace","path":"","value":[1]}]"#, "[1]"),
        Vector("adding the document", "{}", #"[{"op":"add","path":"","value":[1]}]"#, "[1]"),
        Vector("removing the document", "{}", #"[{"op":"remove","path":""}]"#, #"removes-root at "/0/path""#),
        Vector(
            "adding what is there replaces it", #"{"a":1,"b":2}"#, #"[{"op":"add","path":"/a","value":null}]"#,
            #"{"a":null,"b":2}"#),
        Vector(
            "replacing what is not there", "{}", #"[{"op":"replace","path":"/a","value":1}]"#,
            #"no-such-place at "/0/path""#),
        Vector("removing what is not there", "[]", #"[{"op":"remove","path":"/0"}]"#, #"no-such-place at "/0/path""#),
        Vector("the end is no element", "[1]", #"[{"op":"remove","path":"/-"}]"#, #"no-such-place at "/0/path""#),
        Vector(
            "adding at the length", "[1]", #"[{"op":"add","path":"/1","value":2},{"op":"add","path":"/0","value":0}]"#,
            "[0,1,2]"),
        Vector(
            "adding beyond the end", "[1]", #"[{"op":"add","path":"/2","value":2}]"#, #"no-such-place at "/0/path""#),
        Vector(
            "an index with a zero", "[1]", #"[{"op":"add","path":"/00","value":2}]"#, #"no-such-place at "/0/path""#),
        Vector("a digit is a name too", #"{"0":1}"#, #"[{"op":"replace","path":"/0","value":2}]"#, #"{"0":2}"#),
        Vector(
            "inside a scalar", #"{"a":1}"#, #"[{"op":"add","path":"/a/b","value":1}]"#, #"no-such-place at "/0/path""#),
        Vector(
            "copies are apart", #"{"a":[1]}"#,
            #"[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/-","value":2}]"#, #"{"a":[1],"b":[1,2]}"#),
        Vector(
            "a copy into itself", #"{"a":{}}"#, #"[{"op":"copy","from":"/a","path":"/a/b"}]"#, #"{"a":{"b":{}}}"#),
        Vector(
            "a move into itself", #"{"a":{}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            #"moves-into-itself at "/0/path""#),
        Vector("a move to itself", #"{"a":1,"b":2}"#, #"[{"op":"move","from":"/a","path":"/a"}]"#, #"{"a":1,"b":2}"#),
        Vector(
            "a move of nothing to itself", "{}", #"[{"op":"move","from":"/a","path":"/a"}]"#,
            #"no-such-place at "/0/from""#),
        Vector(
            "a move to nowhere", #"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/b/c"}]"#,
            #"no-such-place at "/0/path""#),
        Vector("a prefix of letters is none", #"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/ab"}]"#, #"{"ab":1}"#),
        Vector(
            "a later operation fails", #"{"a":1}"#, #"[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"#,
            #"no-such-place at "/1/path""#),
        Vector("a number by its value", "1", #"[{"op":"test","path":"","value":1.0}]"#, "1"),
        Vector(
            "a number that is another", "1", #"[{"op":"test","path":"","value":1.5}]"#, #"test-failed at "/0/value""#),
        Vector(
            "beyond what a double tells apart", "9007199254740993",
            #"[{"op":"test","path":"","value":9007199254740992.0}]"#, #"test-failed at "/0/value""#),
        Vector(
            "an object in another order", #"{"a":1,"b":[{}]}"#, #"[{"op":"test","path":"","value":{"b":[{}],"a":1}}]"#,
            #"{"a":1,"b":[{}]}"#),
        Vector(
            "an array in another order", "[1,2]", #"[{"op":"test","path":"","value":[2,1]}]"#,
            #"test-failed at "/0/value""#),
        Vector("no text is null", #""""#, #"[{"op":"test","path":"","value":null}]"#, #"test-failed at "/0/value""#),
        Vector(
            "letters that only look alike", "\"\u{e9}\"", "[{\"op\":\"test\",\"path\":\"\",\"value\":\"e\u{301}\"}]",
            #"test-failed at "/0/value""#),
    ]

    @Test(arguments: edges) func atTheEdges(vector: Vector) throws {
        #expect(try outcome(vector.patch, of: vector.document) == vector.outcome)
    }

    @Test(arguments: [
        ("{}", #"not-an-array at """#), ("null", #"not-an-array at """#), ("[1]", #"not-an-object at "/0""#),
        ("[{}]", #"missing-member at "/0/op""#), (#"[{"op":1,"path":""}]"#, #"unknown-operation at "/0/op""#),
        (#"[{"op":"Add","path":"","value":1}]"#, #"unknown-operation at "/0/op""#),
        (#"[{"op":"add","path":"/a"}]"#, #"missing-member at "/0/value""#),
        (#"[{"op":"test","path":"/a"}]"#, #"missing-member at "/0/value""#),
        (#"[{"op":"replace","value":1}]"#, #"missing-member at "/0/path""#),
        (#"[{"op":"remove","path":"a"}]"#, #"invalid-pointer at "/0/path""#),
        (#"[{"op":"remove","path":7}]"#, #"invalid-pointer at "/0/path""#),
        (#"[{"op":"move","path":"/a"}]"#, #"missing-member at "/0/from""#),
        (#"[{"op":"copy","from":"/~","path":"/a"}]"#, #"invalid-pointer at "/0/from""#),
        (#"[{"op":"test","path":"","value":1},{"op":"remove"}]"#, #"missing-member at "/1/path""#),
    ])
    func malformed(patch: String, fault: String) throws {
        #expect(try outcome(patch, of: "1") == fault)
        let reason = JSONPatchFault.Reason(rawValue: String(fault.prefix { $0 != " " }))
        #expect(reason != nil)
    }

    /// The whole patch is read before anything is done, so that a fault at its end is told whatever its beginning does.
    @Test func theFormGoesFirst() throws {
        let patch = #"[{"op":"remove","path":"/nothing"},{"op":"nothing"}]"#
        #expect(try outcome(patch, of: "{}") == #"unknown-operation at "/1/op""#)
    }

    @Test func operationsAreCounted() throws {
        var limits = JSONPatch.Limits()
        limits.operationsMax = 3
        let test = #"{"op":"test","path":"","value":1}"#
        #expect(try outcome("[\(test),\(test),\(test)]", of: "1", limits: limits) == "1")
        #expect(
            try outcome("[\(test),\(test),\(test),\(test)]", of: "1", limits: limits) == #"too-many-operations at """#)
    }

    /// Each copy doubles the document: twenty would make gigabytes of ten kilobytes.
    @Test func copiesDoNotGrowWithoutBound() throws {
        let copies = (0..<100).map { #"{"op":"copy","from":"","path":"/\#($0)"}"# }.joined(separator: ",")
        let document = #"{"text":"\#(String(repeating: "x", count: 10_000))"}"#
        #expect(try outcome("[\(copies)]", of: document) == #"document-too-long at "/6/path""#)
    }

    /// What was taken away makes room for what comes.
    @Test func theLengthIsThatOfTheDocument() throws {
        var limits = JSONPatch.Limits()
        limits.documentBytesMax = 200
        let value = String(repeating: "x", count: 150)
        let replacements = (0..<20).map { _ in #"{"op":"replace","path":"/a","value":"\#(value)"}"# }
        let patch = "[\(replacements.joined(separator: ","))]"
        #expect(try outcome(patch, of: #"{"a":1}"#, limits: limits) == #"{"a":"\#(value)"}"#)
        #expect(
            try outcome(patch, of: #"{"a":1,"b":"\#(value)"}"#, limits: limits) == #"document-too-long at "/0/path""#)
    }

    @Test func theDepthIsBounded() throws {
        var limits = JSONPatch.Limits()
        limits.depthMax = 4
        let patch = #"[{"op":"add","path":"/a/b","value":%}]"#
        #expect(
            try outcome(patch.replacing("%", with: "[[1]]"), of: #"{"a":{}}"#, limits: limits) == #"{"a":{"b":[[1]]}}"#)
        #expect(
            try outcome(patch.replacing("%", with: "[[[]]]"), of: #"{"a":{}}"#, limits: limits)
                == #"too-deep at "/0/path""#)
        let copies = (0..<8).map { _ in #"{"op":"copy","from":"/a","path":"/a/a"}"# }.joined(separator: ",")
        #expect(try outcome("[\(copies)]", of: #"{"a":{}}"#, limits: limits) == #"too-deep at "/2/path""#)
    }
}
