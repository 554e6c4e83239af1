internal import CNghttp2
internal import HTTP

extension FuzzTarget {
    /// A header block, and what becomes of it once its long strings are unpacked, mean the same to the library.
    static let headerBlock = FuzzTarget(
        name: "header-block",
        dictionary: ["\u{0}", "\u{10}", "@", "A", "\u{3F}\u{7F}", "\u{4}", "\u{f}\u{8}", "\u{7F}"]
    ) { (bytes) throws(FuzzFinding) in
        guard let unpacked = unpack(bytes) else { return }
        try require(read(unpacked) == read(bytes), "the block means something else")
    }

    private static func unpack(_ block: [UInt8]) -> [UInt8]? {
        var unpacked = [UInt8](repeating: 0, count: HeaderBlock.room(for: block.count))
        let count = block.withUnsafeBytes { block in
            unpacked.withUnsafeMutableBytes { room in
                room.baseAddress.flatMap { HeaderBlock.unpack(block, to: $0) }
            }
        }
        return count.map { Array(unpacked[..<$0]) }
    }

    private struct Reading: Equatable {
        var fields: [[UInt8]] = []
        var isRefused = false
    }

    /// What the library reads.
    private static func read(_ block: [UInt8]) -> Reading {
        var (reading, inflater) = (Reading(), OpaquePointer?.none)
        nghttp2_hd_inflate_new(&inflater)
        defer { nghttp2_hd_inflate_del(inflater) }
        var rest = block[...]
        while true {
            var (field, flags) = (nghttp2_nv(), Int32(0))
            let count = rest.withUnsafeBufferPointer {
                nghttp2_hd_inflate_hd2(inflater, &field, &flags, $0.baseAddress, $0.count, 1)
            }
            guard count >= 0 else {
                reading.isRefused = true
                return reading
            }
            rest = rest.dropFirst(count)
            if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
                reading.fields.append(Array(UnsafeBufferPointer(start: field.name, count: field.namelen)))
                reading.fields.append(Array(UnsafeBufferPointer(start: field.value, count: field.valuelen)))
                reading.fields.append([field.flags])
            } else if rest.isEmpty || UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 {
                return reading
            }
        }
    }
}
