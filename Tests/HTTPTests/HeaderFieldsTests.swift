import Primitives
import Testing

@testable import HTTP

@Suite struct HeaderFieldsTests {
    @Test func keepsOrderAndLowersNames() {
        var fields: HeaderFields = ["Accept": "a", "X-Two": "2"]
        fields.append("ACCEPT", "b")
        #expect(fields.map { "\($0.name)=\($0.value)" } == ["accept=a", "x-two=2", "accept=b"])
        #expect(fields.values("accept") == ["a", "b"])
        #expect(fields.first("x-two") == "2")
        #expect(fields.first("x") == nil)
        #expect(fields.count(of: "accept") == 2)
    }

    @Test func setAndRemoveKeepSizeRight() {
        var fields: HeaderFields = ["a": "1", "b": "22", "a": "3"]
        #expect(fields.sizeBytes == 34 + 35 + 34)
        fields.set("a", "four")
        #expect(fields.map { $0.name + $0.value } == ["b22", "afour"])
        #expect(fields.sizeBytes == 35 + 37)
        fields.remove("a")
        fields.remove("b")
        fields.remove("never")
        #expect(fields.isEmpty && fields.sizeBytes == 0)
    }

    @Test func namesAreFoundByWhateverWayTheyCame() {
        let long = String(repeating: "n", count: 77)
        var source: HeaderFields = ["a": "1", "bb": "2", long: "3"]
        source.append("CCC", bytesMax: 8) { value in
            value.append(0x34)
            value.append(0x35)
        }
        var copy = HeaderFields()
        for index in 0..<source.count { copy.append(index, of: source) }
        var whole: HeaderFields = ["dddd": "6"]
        whole.append(contentsOf: source)
        for fields in [source, copy, whole] {
            #expect(fields.first("a") == "1" && fields.first("bb") == "2" && fields.first(long) == "3")
            #expect(fields.first("ccc") == "45" && fields.nameLength(at: fields.count - 1) == 3)
            #expect(!fields.contains("b") && !fields.contains("eeeee") && fields.count(of: "bb") == 1)
        }
        #expect(source.sizeBytes == 34 + 35 + 110 + 37)
        whole.remove("bb")
        #expect(!whole.contains("bb") && whole.contains("dddd"))
    }

    @Test func valuesAreBytes() {
        var fields = HeaderFields()
        let raw: [UInt8] = [0xff, 0x41]
        "x".utf8.withContiguousStorageIfAvailable { name in
            raw.withUnsafeBytes { fields.append(name: UnsafeRawBufferPointer(name), value: $0) }
        }
        #expect(Array(fields.valueBytes(at: 0)) == raw)
        #expect(fields.first("x") == "\u{FFFD}A")
    }

    @Test func equalityIgnoresStorage() {
        var left: HeaderFields = ["gone": "x", "a": "1"]
        left.remove("gone")
        #expect(left == ["a": "1"])
        #expect(left != ["a": "2"])
    }

    @Test func descriptionHasNoValue() {
        let fields: HeaderFields = ["authorization": "Bearer secret"]
        #expect(!fields.description.contains("secret"))
    }

    @Test(
        arguments: [
            ("0", 0), ("10", 10), ("00012", 12), ("", nil), ("+1", nil), ("-1", nil), (" 1", nil), ("1,1", nil),
            ("0x1", nil),
            ("9999999999999999999", nil),
        ] as [(String, Int?)])
    func contentLength(text: String, expected: Int?) {
        let fields: HeaderFields = ["content-length": text]
        #expect(fields.contentLength == expected)
    }

    @Test(arguments: [[:], ["a": "1"], ["gone": "x", "host": "example.test", "empty": ""]] as [HeaderFields])
    func linesAreAsLongAsTold(fields: HeaderFields) {
        var fields = fields
        fields.remove("gone")
        var room = [UInt8](repeating: 0, count: fields.lineBytes)
        let written = room.withUnsafeMutableBytes { fields.writeLines(to: $0) }
        #expect(written == room.count)
        #expect(String(decoding: room, as: UTF8.self) == fields.map { "\($0.name): \($0.value)\r\n" }.joined())
    }

    /// Against a plain array as the model.
    @Test func randomEditsMatchAModel() {
        var generator = SeededGenerator(seed: 7)
        var fields = HeaderFields()
        var model: [(String, String)] = []
        for _ in 0..<5000 {
            let name = ["a", "bb", "ccc", "dddd"].randomElement(using: &generator) ?? "a"
            let value = String(generator.next() % 1000)
            switch generator.next() % 4 {
            case 0, 1:
                fields.append(name, value)
                model.append((name, value))
            case 2:
                fields.set(name, value)
                model.removeAll { $0.0 == name }
                model.append((name, value))
            default:
                fields.remove(name)
                model.removeAll { $0.0 == name }
            }
            #expect(fields.sizeBytes == model.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 })
        }
        #expect(fields.map { $0.name + $0.value } == model.map { $0.0 + $0.1 })
    }
}
