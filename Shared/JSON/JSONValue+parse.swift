extension JSONValue {
    /// The document that `bytes` hold: strict RFC 8259 in UTF-8, one value with optional white space around it.
    ///
    /// Refused as well: duplicate members (RFC 8725, section 3.1 wants it for tokens), and whatever passes `limits`.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONFault) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) in try parse(buffer, limits: limits) }
    }

    package static func parse(_ bytes: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONFault) -> JSONValue {
        try bytes.withUnsafeBufferPointer { (buffer) throws(JSONFault) in try parse(buffer, limits: limits) }
    }

    package static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .standard
    ) throws(JSONFault) -> JSONValue {
        try bytes.withMemoryRebound(to: UInt8.self) { (buffer) throws(JSONFault) in
            try parse(buffer, limits: limits)
        }
    }

    package static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONFault) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    private static func parse(
        _ buffer: UnsafeBufferPointer<UInt8>, limits: JSONLimits
    ) throws(JSONFault) -> JSONValue {
        var parser = JSONParser(buffer, limits: limits)
        return try parser.document()
    }
}
