internal import Primitives

/// Writes compact JSON in UTF-8 into a growing buffer, putting the commas itself.
///
/// It does not check that names and values alternate or that brackets match: the callers are few and tested, and every
/// response passes here.
@usableFromInline package struct JSONWriter: Sendable {
    /// What has been written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    @usableFromInline package init(reservingBytes capacity: Int = 0) {
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    /// Goes on behind `bytes`, which the writer takes: a buffer that was used before saves an allocation.
    package init(continuing bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Hands over what was written, and begins anew with nothing.
    package mutating func takeBytes() -> [UInt8] {
        defer { self = JSONWriter() }
        return bytes
    }

    /// Ends a line of several: the next value begins anew.
    package mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    @usableFromInline package mutating func beginObject() { open(UInt8(ascii: "{")) }
    @usableFromInline package mutating func endObject() { close(UInt8(ascii: "}")) }
    @usableFromInline package mutating func beginArray() { open(UInt8(ascii: "[")) }
    @usableFromInline package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value comes next.
    package mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of the member whose value comes next, of characters that need no escape.
    package mutating func name(plain name: StaticString) {
        add(bytesMax: name.utf8CodeUnitCount + 3) { $0.append(name: name) }
        needsComma = false
    }

    /// The name of the member whose value comes next, as `encodedName(_:)` made it once.
    @usableFromInline package mutating func name(encoded name: [UInt8]) {
        separate()
        // An array would be retained, to be appended.
        name.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        needsComma = false
    }

    /// `name` quoted, escaped and with its colon, for `name(encoded:)`.
    @usableFromInline package static func encodedName(_ name: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.name(name)
        return writer.bytes
    }

    @usableFromInline package mutating func string(_ text: String) { add(string: text, behind: nil) }

    /// A string of `count` ASCII characters, none of which needs an escape, that `fill` writes: ids and times.
    @usableFromInline package mutating func plainString(count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void)
    {
        add(bytesMax: count + 2) { $0.append(plainBytes: count, fill) }
    }

    @usableFromInline package mutating func integer(_ value: Int64) {
        add(bytesMax: OutputSpan<UInt8>.decimalBytesMax) { $0.append(decimal: value) }
    }

    package mutating func integer(_ value: Int) { integer(Int64(value)) }

    /// The shortest literal that reads back as `value`. JSON has no infinities and no NaN: they become `null`.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    @usableFromInline package mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    @usableFromInline package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): double(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                name(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }

    /// Members that `encodedMembers(_:)` has made once; there is one at least.
    package mutating func members(encoded members: [UInt8]) {
        separate()
        bytes.append(contentsOf: members)
    }

    /// The members that `write` writes, without the object around them, for `members(encoded:)`.
    package static func encodedMembers(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        write(&writer)
        return writer.bytes
    }

    /// A value that is encoded already. The caller vouches that it is one whole value.
    package mutating func raw(_ encoded: [UInt8]) {
        separate()
        bytes.append(contentsOf: encoded)
    }

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote($0) }
    }

    /// Copies runs that need no escape whole; escapes `"`, `\` and control characters (RFC 8259, section 7).
    private mutating func quote(_ characters: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        while true {
            let end = PlainRun.endOfUnescaped(in: characters, from: start)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: characters[start..<end]))
            guard end < characters.count else { break }
            escape(characters[end])
            start = end + 1
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default: bytes.append(contentsOf: "u00\(Hex.encode([byte]))".utf8)
        }
    }

    /// Adds what `write` writes, at most `bytesMax` bytes, behind a comma where one is due: in one piece, since the
    /// array is looked at anew for each.
    @inline(__always)
    mutating func add(bytesMax: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        let needsComma = needsComma
        self.needsComma = true
        bytes.append(addingCapacity: bytesMax + 1) { text in
            if needsComma { text.append(UInt8(ascii: ",")) }
            write(&text)
        }
    }

    /// Adds a string, with the name of the member that it is: in one piece where nothing needs an escape.
    @inline(__always)
    mutating func add(string: String, behind name: StaticString?) {
        var string = string
        string.withUTF8 { characters in
            guard PlainRun.endOfUnescaped(in: characters, from: 0) == characters.count else {
                if let name { self.name(plain: name) }
                separate()
                return quote(characters)
            }
            add(bytesMax: (name?.utf8CodeUnitCount ?? 0) + characters.count + 5) { text in
                if let name { text.append(name: name) }
                text.append(quoted: characters)
            }
        }
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }
}

extension OutputSpan<UInt8> {
    mutating func append(name: StaticString) {
        append(UInt8(ascii: "\""))
        append(text: name)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    fileprivate mutating func append(quoted characters: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        append(run: characters)
        append(UInt8(ascii: "\""))
    }

    mutating func append(plainBytes count: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        append(UInt8(ascii: "\""))
        withUnsafeMutableBufferPointer { buffer, written in
            precondition(count <= buffer.count - written, "the text is longer than its room")
            fill(UnsafeMutableBufferPointer(rebasing: buffer[written..<written + count]))
            written += count
        }
        append(UInt8(ascii: "\""))
    }
}
