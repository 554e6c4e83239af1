extension JSONParser {
    /// Reads a number, `-` or a digit being next (RFC 8259, section 6).
    mutating func number() throws(JSONFault) -> JSONValue {
        let start = at
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let digits = at
        var magnitude: UInt64 = 0
        var overflows = false
        while let digit = currentDigit {
            let (product, productOverflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
            overflows = overflows || productOverflow || sumOverflow
            magnitude = sum
            at += 1
        }
        guard at > digits else { throw fault(at == bytes.count ? .unexpectedEnd : .invalidNumber) }
        guard at - digits == 1 || bytes[digits] != UInt8(ascii: "0") else { throw fault(.leadingZero, at: digits) }
        let isIntegral = try !skipFractionAndExponent()
        guard at - start <= limits.numberBytesMax else { throw fault(.numberTooLong, at: start) }
        if isIntegral, !overflows, let integer = signed(magnitude, isNegative: isNegative) { return .integer(integer) }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        guard let value = Double(text) else { throw fault(.invalidNumber, at: start) }
        guard value.isFinite else { throw fault(.numberOutOfRange, at: start) }
        return .number(value)
    }

    private var currentDigit: UInt8? {
        guard let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        return byte - UInt8(ascii: "0")
    }

    private func signed(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
        guard isNegative else { return Int64(exactly: magnitude) }
        if magnitude == Int64.min.magnitude { return .min }
        return Int64(exactly: magnitude).map { -$0 }
    }

    /// True when there was either.
    private mutating func skipFractionAndExponent() throws(JSONFault) -> Bool {
        var isFractional = false
        if current == UInt8(ascii: ".") {
            isFractional = true
            at += 1
            try skipDigits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            isFractional = true
            at += 1
            if let sign = current, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at += 1 }
            try skipDigits()
        }
        return isFractional
    }

    /// Steps over at least one digit.
    private mutating func skipDigits() throws(JSONFault) {
        let start = at
        while currentDigit != nil { at += 1 }
        guard at > start else { throw fault(at == bytes.count ? .unexpectedEnd : .invalidNumber) }
    }
}
