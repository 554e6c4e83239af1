import Primitives
import Protocol
import Testing

@Suite struct SlugTests {
    @Test(arguments: [
        ("Hello, World!", "hello-world"), ("  Crème brûlée  ", "creme-brulee"), ("Straße & Öl", "strasse-ol"),
        ("Don't panic", "dont-panic"), ("It’s late", "its-late"), ("Война и мир", "voyna-i-mir"),
        ("Ελληνικά", "ellinika"), ("e\u{301}te\u{301}", "ete"), ("Ｆｕｌｌ１２", "full12"), ("İstanbul", "istanbul"),
        ("Łódź Ørsted Æther", "lodz-orsted-aether"), ("a_b.c/d", "a-b-c-d"), ("--x--", "x"), ("C++ 17", "c-17"),
        ("Nguyễn", "nguyen"), ("٣ و", "3"),
    ])
    func isMadeFromText(text: String, slug: String) {
        #expect(Slug.make(from: text, lengthMax: 60) == slug)
    }

    @Test(arguments: ["", "   ", "日本語", "🎉🎉", "---", "0190aaaa-0000-7000-8000-000000000000", "\u{202E}\u{0}"])
    func isNoneWhereNothingIsLeft(text: String) {
        #expect(Slug.make(from: text, lengthMax: 60) == nil)
    }

    @Test func isCutBetweenWords() {
        #expect(Slug.make(from: "alpha beta gamma", lengthMax: 12) == "alpha-beta")
        #expect(Slug.make(from: "alphabetagamma", lengthMax: 5) == "alpha")
        #expect(Slug.make(from: "a bcdefghijk", lengthMax: 6) == "a-bcde")
        #expect(Slug.make(from: String(repeating: "щ", count: 400), lengthMax: 32)?.utf8.count == 32)
    }

    @Test func candidatesAreValidAndDiffer() {
        let wanted = String(repeating: "x", count: 32)
        let first = Slug.candidates(for: wanted, seed: UUIDv7(), lengthMax: 32)
        #expect(first.first == wanted)
        #expect(Set(first).count == Slug.suffixesTried + 1)
        #expect(first.allSatisfy { Slug.isValid($0) && $0.utf8.count <= 32 })
        let second = Slug.candidates(for: wanted, seed: UUIDv7(), lengthMax: 32)
        #expect(Set(first).intersection(second) == [wanted])
    }

    /// Any text gives a valid slug or none.
    @Test func randomTextGivesAValidSlugOrNone() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let scalars = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x2FFF, using: &generator))
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            if let slug = Slug.make(from: String(text), lengthMax: 20) {
                #expect(Slug.isValid(slug) && slug.utf8.count <= 20)
            }
        }
    }
}
