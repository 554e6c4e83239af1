extension Timestamp {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `IMF-fixdate` (RFC 9110, section 5.6.7): `Sat, 31 Jan 2026 12:00:00 GMT`. For years of four digits.
    package var httpDate: String {
        // "2026-01-31T12:00:00.000Z", whose parts are the same.
        let text = Array(description.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
        let month = Self.months[(Int(part(5..<7)) ?? 1) - 1]
        let daysSince1970 = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        // The first day of 1970 was a Thursday.
        let day = Self.days[Int(((daysSince1970 + 3) % 7 + 7) % 7)]
        return "\(day), \(part(8..<10)) \(month) \(part(0..<4)) \(part(11..<19)) GMT"
    }
}
