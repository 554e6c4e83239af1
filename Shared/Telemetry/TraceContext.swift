internal import Primitives

/// A request's place in a distributed trace (W3C Trace Context, section 3.2).
package struct TraceContext: Hashable, Sendable {
    /// The trace's 128 bits, not all zero.
    package let traceHigh: UInt64
    package let traceLow: UInt64

    /// The span that made this request, not zero.
    package let span: UInt64

    /// Whether the caller records this trace.
    package let isSampled: Bool

    /// Nil where an identifier is zero, which the standard forbids.
    package init?(traceHigh: UInt64, traceLow: UInt64, span: UInt64, isSampled: Bool) {
        guard traceHigh | traceLow != 0, span != 0 else { return nil }
        self.init(checkedHigh: traceHigh, low: traceLow, span: span, isSampled: isSampled)
    }

    private init(checkedHigh: UInt64, low: UInt64, span: UInt64, isSampled: Bool) {
        traceHigh = checkedHigh
        traceLow = low
        self.span = span
        self.isSampled = isSampled
    }

    /// A new trace.
    package static func root(
        isSampled: Bool, using generator: inout some RandomNumberGenerator
    ) -> TraceContext {
        TraceContext(
            checkedHigh: generator.next(), low: generator.next() | 1, span: generator.next() | 1,
            isSampled: isSampled)
    }

    package static func root(isSampled: Bool = false) -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return root(isSampled: isSampled, using: &generator)
    }

    /// The same trace with a new span: what goes along with a request that this one causes.
    package func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(checkedHigh: traceHigh, low: traceLow, span: generator.next() | 1, isSampled: isSampled)
    }

    package func child() -> TraceContext {
        var generator = SystemRandomNumberGenerator()
        return child(using: &generator)
    }
}

extension TraceContext: LosslessStringConvertible {
    /// Parses a `traceparent` field. Of versions after 00 the known part is read, as the standard asks; anything
    /// malformed is nil, and the receiver starts a new trace.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = number(bytes[0..<2]), version != 0xFF,
            bytes.count == 55 || (version != 0 && bytes[55] == dash),
            let high = number(bytes[3..<19]), let low = number(bytes[19..<35]), let span = number(bytes[36..<52]),
            let flags = number(bytes[53..<55])
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 == 1)
    }

    /// The `traceparent` field, version 00.
    package var description: String {
        String(unsafeUninitializedCapacity: 55) { text in
            text.initialize(repeating: UInt8(ascii: "0"))
            text[2] = dash
            writeTraceID(to: UnsafeMutableBufferPointer(rebasing: text[3..<35]))
            text[35] = dash
            hexadecimal(span, to: UnsafeMutableBufferPointer(rebasing: text[36..<52]))
            text[52] = dash
            if isSampled { text[54] = UInt8(ascii: "1") }
            return 55
        }
    }

    /// How long a trace's identifier is, in ASCII characters.
    package static let traceIDBytes = 32

    /// Writes the trace in 32 hexadecimal digits into `buffer`, which has room for `traceIDBytes`.
    package func writeTraceID(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        hexadecimal(traceHigh, to: UnsafeMutableBufferPointer(rebasing: buffer[..<16]))
        hexadecimal(traceLow, to: UnsafeMutableBufferPointer(rebasing: buffer[16...]))
    }

    /// The trace in 32 hexadecimal digits.
    package var traceID: String {
        String(unsafeUninitializedCapacity: Self.traceIDBytes) { buffer in
            writeTraceID(to: UnsafeMutableBufferPointer(rebasing: buffer[..<Self.traceIDBytes]))
            return Self.traceIDBytes
        }
    }

    /// How long a span's identifier is, in ASCII characters.
    package static let spanIDBytes = 16

    /// Writes a span in 16 hexadecimal digits into `buffer`, which has room for `spanIDBytes`.
    package static func write(span: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        hexadecimal(span, to: buffer)
    }

    /// The span in 16 hexadecimal digits.
    package var spanID: String {
        String(unsafeUninitializedCapacity: Self.spanIDBytes) { buffer in
            Self.write(span: span, to: UnsafeMutableBufferPointer(rebasing: buffer[..<Self.spanIDBytes]))
            return Self.spanIDBytes
        }
    }
}

private let dash = UInt8(ascii: "-")

/// Up to 16 lower-case hexadecimal digits.
private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return value
}

/// Writes sixteen hexadecimal digits.
private func hexadecimal(_ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
    precondition(buffer.count >= 16)
    let raw = UnsafeMutableRawBufferPointer(buffer)
    raw.storeBytes(of: HexWord.encode(UInt32(value >> 32)).bigEndian, as: UInt64.self)
    raw.storeBytes(
        of: HexWord.encode(UInt32(truncatingIfNeeded: value)).bigEndian, toByteOffset: 8, as: UInt64.self)
}
