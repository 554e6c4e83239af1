/// Writes letters of other alphabets with a–z and digits, for slugs and handles. Not a scholarly transliteration: one
/// that is short, stable, and good enough to be recognised.
enum Transliteration {
    /// The lower-case ASCII letters or digits that stand for `scalar`: nil where it parts words, empty where it is
    /// dropped, such as an accent behind its letter.
    static func letters(for scalar: Unicode.Scalar) -> String? {
        if scalar.isASCII { return ascii(scalar) }
        if isDropped(scalar) { return "" }
        let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
        if let known = table[lower] { return known }
        if let value = scalar.properties.numericValue, scalar.properties.numericType == .decimal {
            return String(Int(value))
        }
        return latinBase(of: lower)
    }

    private static func ascii(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "a"..."z", "0"..."9": String(Character(scalar))
        case "A"..."Z": String(Character(scalar)).lowercased()
        case "'": ""
        default: nil
        }
    }

    /// Marks that combine with the letter before them, apostrophes, and what has no form of its own.
    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .modifierLetter: true
        default: scalar == "\u{2019}" || scalar == "\u{2018}" || scalar == "\u{B4}"
        }
    }

    /// The letter that an accented Latin letter is built on, as its name in Unicode tells:
    /// `LATIN SMALL LETTER E WITH ACUTE`.
    private static func latinBase(of scalar: Unicode.Scalar) -> String? {
        guard let name = scalar.properties.name, let marker = name.indexBehind("LATIN SMALL LETTER ") else {
            return nil
        }
        let base = name[marker...].prefix { $0 != " " }
        guard base.utf8.count == 1, let letter = base.unicodeScalars.first else { return nil }
        return ascii(letter)
    }

    private static let table: [Unicode.Scalar: String] = {
        let pairs = """
            ß ss æ ae œ oe ø o đ d ð d þ th ł l ħ h ı i ŋ ng ĸ k ſ s ə e
            а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch
            ш sh щ shch ы y э e ю yu я ya і i ї yi є ye ґ g ј j љ lj њ nj ћ c ђ dj џ dz ў u ѓ g ќ k ѕ dz
            α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o
            ά a έ e ή i ί i ό o ύ y ώ o ϊ i ϋ y ΐ i ΰ y
            """
        let words = pairs.split(whereSeparator: \.isWhitespace)
        var table: [Unicode.Scalar: String] = ["ъ": "", "ь": ""]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            if let scalar = words[index].unicodeScalars.first { table[scalar] = String(words[index + 1]) }
        }
        return table
    }()
}

extension String {
    /// Where the text behind the first occurrence of `text` begins.
    fileprivate func indexBehind(_ text: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
