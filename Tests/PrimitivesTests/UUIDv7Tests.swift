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
}
