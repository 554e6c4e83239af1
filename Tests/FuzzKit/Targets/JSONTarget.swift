internal import JSON

extension FuzzTarget {
    /// What is accepted reads the same when it is written again, and no beginning of it is a document.
    static let json = FuzzTarget(
        name: "json",
        dictionary: [
            "{}", "[]", "{\"a\":", "\"\\ud83d\\ude00\"", "\\u0000", "\\ud800", "1e308", "1e309", "-0", "0.1", "true",
            "null",
            "9223372036854775808", "\u{FEFF}", "\"a\":1,", "[[[[[[[[", "/*", "NaN",
        ]
    ) { (bytes) throws(FuzzFinding) in
        guard let value = try? JSONValue.parse(bytes) else { return }
        let written = value.encoded
        guard let again = try? JSONValue.parse(written) else {
            throw FuzzFinding("refused once written: \(written.text)")
        }
        try require(again == value && again.encoded == written, "changed once written: \(written.text)")
        try require(String(validating: bytes, as: UTF8.self) != nil, "accepted what is not UTF-8")
        guard value.object != nil || value.array != nil, bytes.count < 300 else { return }
        let end = bytes.lastIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } ?? 0
        for length in 0..<end {
            try require((try? JSONValue.parse(Array(bytes[..<length]))) == nil, "a document at byte \(length)")
        }
    }

    /// A document, a line end, and a patch of it: the result is a document, and a patch of nothing changes nothing.
    static let jsonPatch = FuzzTarget(
        name: "json-patch",
        dictionary: [
            "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1}]", "\"op\":\"test\"", "\"op\":\"remove\"",
            "\"op\":\"move\",\"from\":\"/a\"",
            "\"op\":\"copy\",\"from\":\"\"", "\"op\":\"replace\"", "\"path\":\"\"", "/-", "/0", "/01", "~0", "~1", "~2",
        ]
    ) { (bytes) throws(FuzzFinding) in
        if let pointer = JSONPointer(parsing: bytes.text) {
            try require(JSONPointer(parsing: pointer.description) == pointer, "the pointer \(pointer) reads otherwise")
        }
        let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
        guard parts.count == 2, let document = try? JSONValue.parse(Array(parts[0])),
            let operations = try? JSONValue.parse(Array(parts[1])), let patch = try? JSONPatch(json: operations)
        else { return }
        guard let result = try? patch.applied(to: document) else { return }
        try require((try? JSONValue.parse(result.encoded)) == result, "the result is no document")
        if operations.array?.isEmpty == true { try require(result == document, "an empty patch changed something") }
        let isSame = (try? patch.applied(to: document)) == result
        try require(isSame, "the same patch has another result")
    }
}
