internal import CNghttp2

/// Lays fields out as the library wants them, on the stack; it copies them before this returns.
func withFields(
    pseudo: [(String, String)], _ fields: HeaderFields, _ body: (UnsafeBufferPointer<nghttp2_nv>) -> Void
) {
    var scratch: [UInt8] = []
    var lengths: [(name: Int, value: Int)] = []
    for (name, value) in pseudo {
        scratch.append(contentsOf: name.utf8)
        scratch.append(contentsOf: value.utf8)
        lengths.append((name.utf8.count, value.utf8.count))
    }
    let total = pseudo.count + fields.count
    unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: total) { vector in
        unsafe scratch.withUnsafeMutableBufferPointer { scratch in
            var offset = 0
            for (index, length) in lengths.enumerated() {
                let start = unsafe scratch.baseAddress.map { unsafe $0 + offset }
                unsafe vector[index] = field(start, length.name, length.value)
                offset += length.name + length.value
            }
            unsafe fields.arena.withUnsafeBufferPointer { arena in
                // The library only reads; its type lacks the const.
                let base = unsafe UnsafeMutablePointer(mutating: arena.baseAddress)
                for (index, entry) in fields.entries.enumerated() {
                    unsafe vector[pseudo.count + index] = field(
                        base.map { unsafe $0 + Int(entry.nameStart) }, Int(entry.nameBytes), Int(entry.valueBytes))
                }
                unsafe body(UnsafeBufferPointer(rebasing: vector[..<total]))
            }
        }
    }
}

/// Name and value lie one after the other.
private func field(_ start: UnsafeMutablePointer<UInt8>?, _ name: Int, _ value: Int) -> nghttp2_nv {
    unsafe nghttp2_nv(
        name: start, value: start.map { unsafe $0 + name }, namelen: name, valuelen: value,
        flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
}

/// Three digits for each status, made once.
enum StatusText {
    private static let all = (100..<600).map { String($0) }

    static func of(_ status: Int) -> String {
        (100..<600).contains(status) ? all[status - 100] : "500"
    }
}
