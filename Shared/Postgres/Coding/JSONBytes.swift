/// A `jsonb` (or, read only, `json`) value as its UTF-8 text. The server checks it; this module does not look inside.
package struct JSONBytes: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }
}

extension JSONBytes: PostgresCodable {
    /// The first byte of `jsonb` in binary format; there has been one version so far (`jsonb_recv`).
    private static let version: UInt8 = 1

    package static var postgresType: PostgresType { .jsonb }
    package static func reads(_ type: PostgresType) -> Bool { type == .jsonb || type == .json }

    package func encode(into writer: inout BinaryWriter) {
        writer.write(Self.version)
        writer.write(bytes)
    }

    package static func decode(_ bytes: RawSpan, as type: PostgresType) throws(CellFault) -> JSONBytes {
        guard type == .jsonb else { return JSONBytes(bytes.copied) }
        guard bytes.byteCount > 1 else { throw .wrongLength }
        guard bytes.integer(UInt8.self, at: 0) == version else { throw .unknownValue }
        return JSONBytes(bytes.extracting(droppingFirst: 1).copied)
    }
}

extension RawSpan {
    var copied: [UInt8] {
        unsafe withUnsafeBytes { unsafe Array($0) }
    }
}
