package import Contract
internal import JSON
internal import Primitives

extension Rule where Value: TextMeasured {
    /// A language tag such as `en` or `pt-BR`: two or three letters and an optional region (RFC 5646, section 2.1, the
    /// part that locales use).
    package static var languageTag: Rule {
        .format("language-tag", "It must be a language tag such as en or pt-BR.") { text in
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard let language = parts.first, parts.count <= 2, (2...3).contains(language.utf8.count),
                language.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
            else { return false }
            return parts.dropFirst().allSatisfy { region in
                region.utf8.count == 2
                    && region.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            }
        }
    }

    /// The name of a zone of the IANA time zone database, by its form: `Area/Location`, or `UTC`.
    package static var timeZone: Rule {
        .format("time-zone", "It must be the name of a time zone such as Europe/Berlin or UTC.") { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return text == "UTC"
                || (2...3).contains(parts.count) && text.utf8.count <= 64
                    && parts.allSatisfy { part in
                        !part.isEmpty
                            && part.unicodeScalars.allSatisfy {
                                $0.isASCII
                                    && ($0.properties.isAlphabetic || "_-+0123456789".unicodeScalars.contains($0))
                            }
                    }
        }
    }

    /// A slug or handle: lower-case letters, digits and single hyphens inside, and not the form of an id, since an id
    /// is taken wherever a slug is.
    package static func slug(_ length: ClosedRange<Int>) -> Rule {
        .format(
            "slug", "It must be \(length.lowerBound) to \(length.upperBound) lower-case letters, digits and hyphens."
        ) {
            length.contains($0.utf8.count) && Slug.isValid($0)
        }
    }
}

extension Rule where Value: ListMeasured {
    /// A list of networks such as `192.0.2.0/24`, or of addresses.
    package static func addressRanges(_ count: ClosedRange<Int>) -> Rule {
        Rule(keywords: [
            ("minItems", .integer(Int64(count.lowerBound))), ("maxItems", .integer(Int64(count.upperBound))),
        ]) { value in
            guard let texts = value.measuredTexts else { return nil }
            guard count.contains(texts.count) else {
                return ("length", "It must have \(count.lowerBound) to \(count.upperBound) items.")
            }
            guard texts.allSatisfy({ AddressRange($0) != nil }) else {
                return ("format", "Each must be a network such as 192.0.2.0/24 with no bits behind its prefix.")
            }
            return nil
        }
    }
}

/// The form of slugs and handles.
package enum Slug {
    package static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isWellFormed = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                }
        }
        return isWellFormed && !looksLikeID(parts)
    }

    private static func looksLikeID(_ parts: [Substring]) -> Bool {
        parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}
