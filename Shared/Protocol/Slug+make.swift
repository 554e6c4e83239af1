package import Primitives

extension Slug {
    /// The slug that `text` suggests: letters and digits in the Latin alphabet, words joined by hyphens, at most
    /// `lengthMax` bytes and cut between words where that keeps half of it. Nil where nothing is left of the text.
    package static func make(from text: String, lengthMax: Int) -> String? {
        var slug = ""
        var needsHyphen = false
        for scalar in text.unicodeScalars.prefix(scalarsRead) {
            guard let letters = Transliteration.letters(for: scalar) else {
                needsHyphen = !slug.isEmpty
                continue
            }
            guard !letters.isEmpty else { continue }
            if needsHyphen { slug += "-" }
            needsHyphen = false
            slug += letters
        }
        slug = cut(slug, to: lengthMax)
        return isValid(slug) ? slug : nil
    }

    /// What to try in turn until one is free: `wanted` itself, then `wanted` with short suffixes that follow from
    /// `seed`, the id of the thing to be named, so that two things never race through the same list.
    package static func candidates(for wanted: String, seed: UUIDv7, lengthMax: Int) -> [String] {
        let suffixes = (0..<suffixesTried).map { attempt in
            // Later suffixes are longer, should the short ones be taken. 20 bits and 40 bits of the id's random half.
            let length = attempt < 3 ? 4 : 8
            return suffix(of: seed.low &+ UInt64(attempt) &* 0x9E37_79B9_7F4A_7C15, length: length)
        }
        return [wanted] + suffixes.map { "\(cut(wanted, to: lengthMax - $0.utf8.count - 1))-\($0)" }
    }

    /// How many suffixes `candidates` gives.
    package static let suffixesTried = 6
    private static let scalarsRead = 300

    /// Letters and digits that are not taken for each other.
    private static let alphabet: [Character] = Array("abcdefghjkmnpqrstuvwxyz23456789")

    private static func suffix(of value: UInt64, length: Int) -> String {
        // The finaliser of SplitMix64, so that near values have unlike suffixes.
        var mixed = value
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        let base = UInt64(alphabet.count)
        return String(
            (0..<length).map { _ in
                defer { mixed /= base }
                return alphabet[Int(mixed % base)]
            })
    }

    private static func cut(_ slug: String, to lengthMax: Int) -> String {
        guard slug.utf8.count > lengthMax else { return slug }
        let prefix = slug.prefix(lengthMax)
        if let hyphen = prefix.lastIndex(of: "-"), prefix[..<hyphen].utf8.count >= lengthMax / 2 {
            return String(prefix[..<hyphen])
        }
        return String(prefix.last == "-" ? prefix.dropLast() : prefix)
    }
}
