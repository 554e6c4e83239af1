import JSON
import Primitives
import Testing

@Suite struct JSONPropertyTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func whatIsWrittenReadsBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let value = randomValue(depth: 5, using: &generator)
            #expect(try JSONValue.parse(value.encoded) == value)
        }
    }

    /// Damages documents by a few bytes: most are refused, none crashes, and what is accepted means the same when it is
    /// written again.
    @Test(arguments: 100..<120 as Range<UInt64>) func damagedDocumentsAreHandled(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        var refused = 0
        for _ in 0..<300 {
            var bytes = randomValue(depth: 4, using: &generator).encoded
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, using: &generator) }
            guard let value = try? JSONValue.parse(bytes) else {
                refused += 1
                continue
            }
            accepted += 1
            #expect((try? JSONValue.parse(value.encoded)) == value)
        }
        #expect(accepted > 0 && refused > 0)
    }

    @Test func everyPrefixOfADocumentIsRefused() throws {
        let document = Array(#"{"a":[1.5e3,true,"\ud83d\ude00é"],"b":{"c":null}}"#.utf8)
        #expect(throws: Never.self) { try JSONValue.parse(document) }
        for length in 0..<document.count {
            #expect(throws: JSONFault.self) { try JSONValue.parse(Array(document.prefix(length))) }
        }
    }

    private func mutate(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        let interesting = Array("{}[]\",:\\u0de+-.tfn \0\u{7F}".utf8) + [0x80, 0xC0, 0xED, 0xF4, 0xFF]
        let at = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
        let byte = interesting.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.insert(byte, at: at)
        case 1 where !bytes.isEmpty: bytes.remove(at: at)
        case 2 where !bytes.isEmpty: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        default: if !bytes.isEmpty { bytes[at] = byte }
        }
    }

    private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2:
            return .integer(Int64(truncatingIfNeeded: generator.next() >> UInt64.random(in: 0..<64, using: &generator)))
        case 3:
            let value = Double(bitPattern: generator.next())
            return .number(value.isFinite ? value : 0.5)
        case 4, 5: return .string(randomText(using: &generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
                    randomValue(depth: depth - 1, using: &generator)
                })
        default:
            var object = JSONObject()
            for index in 0..<Int.random(in: 0..<20, using: &generator) {
                object["\(index)\(randomText(using: &generator))"] = randomValue(depth: depth - 2, using: &generator)
            }
            return .object(object)
        }
    }

    private func randomText(using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<24, using: &generator) {
            let ceiling: UInt32 = [0x20, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &generator) ?? 0x80
            guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &generator)) else { continue }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
