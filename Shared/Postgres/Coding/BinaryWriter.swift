/// Collects values in Postgres' binary format: big-endian, without their lengths.
package struct BinaryWriter: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Set by a value that is NULL; whoever asked for the value clears it.
    private(set) var wroteNull = false

    package mutating func writeNull() {
        wroteNull = true
    }

    package mutating func write(_ value: some FixedWidthInteger) {
        var shift = value.bitWidth
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    package mutating func write(_ value: some Sequence<UInt8>) {
        bytes.append(contentsOf: value)
    }

    /// Writes one value and returns its length, -1 for NULL, as Postgres counts.
    mutating func writeValue(_ value: some PostgresEncodable) -> Int32 {
        let start = bytes.count
        value.encode(into: &self)
        if wroteNull {
            wroteNull = false
            return -1
        }
        return Int32(clamping: bytes.count - start)
    }

    /// Writes one value behind its own length: an element of an array.
    mutating func writeElement(_ value: some PostgresEncodable) {
        let start = bytes.count
        write(Int32(-1))
        let length = writeValue(value)
        for offset in 0..<4 { bytes[start + offset] = UInt8(truncatingIfNeeded: length >> Int32(24 - offset * 8)) }
    }
}

/// A statement's parameters, encoded by the caller's thread so that the driver's only copies them.
package struct StatementParameters: Sendable {
    private var writer = BinaryWriter()
    /// One length for each parameter, -1 for NULL.
    private(set) var lengths: [Int32] = []

    var bytes: [UInt8] { writer.bytes }

    mutating func append(_ value: some PostgresEncodable) {
        lengths.append(writer.writeValue(value))
    }
}
