// Text that is put together where it is to stand, with no `String` between: log lines and header fields of every
// request. What does not fit stops the process.
extension OutputSpan<UInt8> {
    /// Adds a run of bytes at once.
    @inlinable package mutating func append(run bytes: UnsafeBufferPointer<UInt8>) {
        withUnsafeMutableBufferPointer { buffer, count in
            let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            precondition(bytes.count <= rest.count, "the text is longer than its room")
            rest.copyMemory(from: UnsafeRawBufferPointer(bytes))
            count += bytes.count
        }
    }

    @inlinable package mutating func append(text: StaticString) {
        append(run: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds a number: `decimalBytesMax` bytes at most.
    @inlinable package mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var (digits, bound) = (1, 10 as UInt64)
        // Nineteen digits are the most there are; ten times that bound is no longer a word.
        while value.magnitude >= bound {
            digits += 1
            guard digits < 19 else { break }
            bound *= 10
        }
        withUnsafeMutableBufferPointer { buffer, count in
            var rest = value.magnitude
            precondition(digits <= buffer.count - count, "the number is longer than its room")
            for index in stride(from: count + digits - 1, through: count, by: -1) {
                buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            count += digits
        }
    }

    /// A sign and nineteen digits.
    @inlinable package static var decimalBytesMax: Int { 20 }
}
