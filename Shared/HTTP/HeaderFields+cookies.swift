extension HeaderFields {
    /// The values of the cookie `name` (RFC 6265, section 4.2.1), however many fields the client spread its cookies
    /// over (RFC 9113, section 8.2.3).
    package func cookies(_ name: String) -> [ArraySlice<UInt8>] {
        var values: [ArraySlice<UInt8>] = []
        for index in 0..<count where matches(index, "cookie") {
            for pair in valueBytes(at: index).split(separator: UInt8(ascii: ";")) {
                let pair = pair.drop { $0 == UInt8(ascii: " ") }
                guard pair.starts(with: name.utf8) else { continue }
                let rest = pair.dropFirst(name.utf8.count)
                if rest.first == UInt8(ascii: "=") { values.append(rest.dropFirst()) }
            }
        }
        return values
    }
}
