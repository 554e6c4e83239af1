// Fields as HTTP/1.1 reads and writes them: bytes in a row.
extension HeaderFields {
    /// ": " and the end of the line.
    private static let lineOverheadBytes = 4

    /// How long all fields are as lines (RFC 9112, section 5).
    package var lineBytes: Int { sizeBytes - count * (Self.overheadBytesPerField - Self.lineOverheadBytes) }

    /// Writes every field as a line to `target`, which has room for `lineBytes`.
    ///
    /// - Returns: how many bytes that were.
    package func writeLines(to target: UnsafeMutableRawBufferPointer) -> Int {
        var rest = unsafe target
        for index in 0..<count {
            unsafe withBytes(at: index) { name, value in
                unsafe Self.put(name, ":", " ", &rest)
                unsafe Self.put(value, "\r", "\n", &rest)
            }
        }
        return target.count - rest.count
    }

    /// Name and value of one field, valid until `body` returns.
    func withBytes<Result>(
        at index: Int, _ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        let (entry, start) = (entry(index), textStart)
        return unsafe block.withUnsafeBufferPointer { block in
            unsafe body(
                UnsafeBufferPointer(rebasing: block[start + Int(entry.nameStart)..<start + entry.valueStart]),
                UnsafeBufferPointer(rebasing: block[start + entry.valueStart..<start + entry.end]))
        }
    }

    /// Moves `bytes` and two more to the front of `rest`, and `rest` behind them.
    private static func put(
        _ bytes: UnsafeBufferPointer<UInt8>, _ first: Unicode.Scalar, _ second: Unicode.Scalar,
        _ rest: inout UnsafeMutableRawBufferPointer
    ) {
        precondition(rest.count >= bytes.count + 2, "no room for a field")
        unsafe rest.copyMemory(from: UnsafeRawBufferPointer(bytes))
        unsafe rest[bytes.count] = UInt8(ascii: first)
        unsafe rest[bytes.count + 1] = UInt8(ascii: second)
        unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest[(bytes.count + 2)...])
    }
}
