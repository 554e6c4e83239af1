internal import CNghttp2
internal import Glibc

/// Lays fields out as the library wants them, on the stack; it copies them when they are submitted.
@safe
struct FieldVector: ~Copyable {
    private let vector: UnsafeMutableBufferPointer<nghttp2_nv>
    private let scratch: UnsafeMutableRawBufferPointer
    private var count = 0
    private var scratchUsed = 0

    private init(_ vector: UnsafeMutableBufferPointer<nghttp2_nv>, _ scratch: UnsafeMutableRawBufferPointer) {
        unsafe self.vector = vector
        unsafe self.scratch = scratch
    }

    /// - Parameters:
    ///   - pseudoMax: how many fields `pseudo` adds at most.
    ///   - valueBytes: what their values take together.
    static func with(
        pseudoMax: Int, valueBytes: Int, _ fields: HeaderFields, pseudo: (inout FieldVector) -> Void,
        submit: (UnsafePointer<nghttp2_nv>?, Int) -> Void
    ) {
        unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: pseudoMax + fields.count) { vector in
            unsafe withUnsafeTemporaryAllocation(byteCount: valueBytes + 1, alignment: 1) { scratch in
                var made = unsafe FieldVector(vector, scratch)
                pseudo(&made)
                unsafe fields.block.withUnsafeBufferPointer { block in
                    unsafe made.append(fields, block.baseAddress)
                    unsafe submit(vector.baseAddress, made.count)
                }
            }
        }
    }

    /// Adds a field by its static name; the value goes to the scratch space.
    mutating func append(_ name: StaticString, _ value: String) {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[scratchUsed...])
        var value = value
        let length = value.withUTF8 { utf8 in
            unsafe rest.copyMemory(from: UnsafeRawBufferPointer(utf8))
            return utf8.count
        }
        unsafe vector[count] = nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name.utf8Start),
            value: rest.baseAddress?.assumingMemoryBound(to: UInt8.self), namelen: name.utf8CodeUnitCount,
            valuelen: length, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
        scratchUsed += length
        count += 1
    }

    private mutating func append(_ fields: HeaderFields, _ block: UnsafePointer<UInt8>?) {
        // The library only reads; its type lacks the const.
        guard let text = unsafe UnsafeMutablePointer(mutating: block)?.advanced(by: fields.textStart) else { return }
        for index in 0..<fields.count {
            let entry = fields.entry(index)
            let start = unsafe text + Int(entry.nameStart)
            unsafe vector[count] = nghttp2_nv(
                name: start, value: start + Int(entry.nameBytes), namelen: Int(entry.nameBytes),
                valuelen: Int(entry.valueBytes), flags: ChangingFields.flags(start, Int(entry.nameBytes)))
            count += 1
        }
    }
}

/// Fields whose value is another one in each message: HPACK's table keeps what comes again, and each of these would
/// push something out of it (RFC 7541, section 6.2.3).
enum ChangingFields {
    static let names: [StaticString] = ["ratelimit", "traceparent", "x-request-id", "causeway-deadline-ms"]

    fileprivate static func flags(_ name: UnsafePointer<UInt8>, _ count: Int) -> UInt8 {
        // By length and first letter first, since every field passes here.
        let candidate: StaticString
        switch unsafe (count, name.pointee) {
        case (9, UInt8(ascii: "r")): candidate = names[0]
        case (11, UInt8(ascii: "t")): candidate = names[1]
        case (12, UInt8(ascii: "x")): candidate = names[2]
        case (20, UInt8(ascii: "c")): candidate = names[3]
        default: return UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)
        }
        let isOne = unsafe memcmp(name, candidate.utf8Start, count) == 0
        return UInt8((isOne ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE).rawValue)
    }
}

/// Three digits for each status, made once.
enum StatusText {
    private static let all = (100..<600).map { String($0) }

    static func of(_ status: Int) -> String {
        (100..<600).contains(status) ? all[status - 100] : "500"
    }
}
