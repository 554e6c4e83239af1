/// Media types (RFC 9110, section 8.3.1), as far as JSON needs them.
enum MediaType {
    /// Whether `sent` is `expected`, ignoring case, with no parameter but `charset=utf-8`.
    static func matches(_ sent: String, _ expected: String) -> Bool {
        let parts = sent.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard parts.first == expected else { return false }
        return parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" || $0.isEmpty }
    }

    static func trimmed(_ text: Substring) -> String {
        let kept = text.drop { $0 == " " || $0 == "\t" }
        return String(kept.reversed().drop { $0 == " " || $0 == "\t" }.reversed()).lowercased()
    }
}

/// `Accept` (RFC 9110, section 12.5.1).
package enum Accept {
    /// Whether JSON is acceptable. What a client did not say, it takes.
    package static func admitsJSON(_ header: String?) -> Bool {
        guard let header, !header.isEmpty, header != "*/*", header != "application/json" else { return true }
        return header.split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map(MediaType.trimmed)
            let isRefused = parts.dropFirst().contains {
                $0 == "q=0" || $0.hasPrefix("q=0.0") && $0.allSatisfy { "q=0.".contains($0) }
            }
            return !isRefused
                && ["*/*", "application/*", "application/json", "application/problem+json"].contains(parts.first)
        }
    }
}
