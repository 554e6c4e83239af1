import Primitives
import Testing

@Suite struct UUIDv7Tests {
    @Test func carriesTimeVersionAndVariant() {
        let uuid = UUIDv7(at: Timestamp(microseconds: 0x0123_4567_89AB * 1000))
        #expect(uuid.description.hasPrefix("01234567-89ab-7"))
        #expect(uuid.low >> 62 == 0b10)
        #expect(UUIDv7(uuid.description) == uuid)
    }

    @Test func sortsByTime() {
        let earlier = UUIDv7(at: Timestamp(seconds: 1000))
        let later = UUIDv7(at: Timestamp(seconds: 1001))
        #expect(earlier < later)
        #expect(earlier.description < later.description)
    }

    @Test(arguments: [
        "", "0123456789ab7000800000000000000000000", "01234567-89AB-7000-8000-000000000000",
        "01234567-89ab-7000-8000-00000000000g", "01234567-89ab-7000-8000-0000000000000",
        "01234567089ab-7000-8000-000000000000",
    ])
    func refusesOtherSpellings(text: String) {
        #expect(UUIDv7(text) == nil)
    }

    /// One spelling only: wherever a byte is exchanged for any other, the text is another id or none.
    @Test func everyByteCounts() {
        let text = Array("0f9a1b2c-3d4e-7f60-8a5b-c6d7e8f90123".utf8)
        let uuid = UUIDv7(String(decoding: text, as: UTF8.self))
        #expect(uuid?.description.utf8.elementsEqual(text) == true)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max where byte != text[index] && byte < 0x80 {
                var changed = text
                changed[index] = byte
                let spelling = String(decoding: changed, as: UTF8.self)
                let isDigit = "0123456789abcdef".utf8.contains(byte) && text[index] != UInt8(ascii: "-")
                #expect(UUIDv7(spelling)?.description == (isDigit ? spelling : nil), "\(spelling)")
            }
        }
    }
}
