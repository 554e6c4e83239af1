/// A way in which a body can be made shorter (RFC 9110, section 8.4.1).
package enum ContentCoding: String, Sendable, CaseIterable {
    case brotli = "br"
    case gzip
}

extension ContentCoding {
    /// The coding that a client wants most of those that are made here; nil where it wants the body as it is.
    ///
    /// Section 12.5.3: what is not listed is not wanted, `*` stands for all that are not, a weight of 0 forbids. Of
    /// codings that are wanted as much as each other, the first of `allCases`. A client that takes neither these nor
    /// the body as it is gets that all the same, as the section allows.
    ///
    /// - Parameter lines: the values of `Accept-Encoding`.
    package static func best(for lines: some Sequence<ArraySlice<UInt8>>) -> ContentCoding? {
        var weights = Weights()
        for line in lines {
            for element in line.split(separator: UInt8(ascii: ",")) { weights.add(element) }
        }
        return weights.best
    }

    /// Weights in thousandths; nil for what is not listed.
    private struct Weights {
        private var brotli: Int?
        private var gzip: Int?
        private var identity: Int?
        private var any: Int?

        var best: ContentCoding? {
            let (brotli, gzip) = (brotli ?? any ?? 0, gzip ?? any ?? 0)
            let most = max(brotli, gzip)
            guard most > 0, most >= identity ?? 0 else { return nil }
            return brotli == most ? .brotli : .gzip
        }

        mutating func add(_ element: ArraySlice<UInt8>) {
            let parts = element.split(separator: UInt8(ascii: ";"), maxSplits: 1)
            guard let name = parts.first.map(Self.trimmed), !name.isEmpty else { return }
            guard let weight = parts.count == 1 ? 1000 : Self.weight(Self.trimmed(parts[1])) else { return }
            if Self.equals(name, "br") {
                brotli = weight
            } else if Self.equals(name, "gzip") || Self.equals(name, "x-gzip") {
                gzip = weight
            } else if Self.equals(name, "identity") {
                identity = weight
            } else if name.elementsEqual("*".utf8) {
                any = weight
            }
        }

        private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
            var text = text.drop(while: isSpace)
            while let last = text.last, isSpace(last) { text.removeLast() }
            return text
        }

        private static func equals(_ text: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
            text.count == name.utf8CodeUnitCount
                && zip(text, "\(name)".utf8).allSatisfy { ($0 &- 0x41 < 26 ? $0 | 0x20 : $0) == $1 }
        }

        /// `q=` and 0 to 1 with at most three decimals (section 12.4.2); nil for anything else.
        private static func weight(_ text: ArraySlice<UInt8>) -> Int? {
            let digits = text.dropFirst(2)
            guard text.count >= 3, text.count <= 7, text.first.map({ $0 | 0x20 }) == UInt8(ascii: "q"),
                text[text.startIndex + 1] == UInt8(ascii: "="), let first = digits.first, first &- 0x30 <= 1
            else { return nil }
            var weight = Int(first - 0x30) * 1000
            guard digits.count > 1 else { return weight }
            guard digits[digits.startIndex + 1] == UInt8(ascii: ".") else { return nil }
            var unit = 100
            for digit in digits.dropFirst(2) {
                guard digit &- 0x30 < 10 else { return nil }
                weight += Int(digit - 0x30) * unit
                unit /= 10
            }
            return weight <= 1000 ? weight : nil
        }
    }
}
