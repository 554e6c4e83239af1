internal import Glibc

/// The header fields of one message: ordered, names in lower case, everything in one block of memory.
///
/// A received head costs one allocation as a rule, and a copy one reference; a `String` is made only for the value that
/// somebody asks for. Values are opaque bytes (RFC 9110 section 5.5): what is not UTF-8 is repaired only in the
/// `String` view.
package struct HeaderFields: Sendable {
    /// Where a field is, from the first byte after the entries.
    struct Entry {
        var nameStart: UInt32
        var nameBytes: UInt32
        var valueBytes: UInt32

        var valueStart: Int { Int(nameStart) + Int(nameBytes) }
        var end: Int { valueStart + Int(valueBytes) }
    }

    /// What HTTP/2 counts beside name and value for each field (RFC 9113 section 6.5.2).
    package static let overheadBytesPerField = 32

    /// Room that the first field makes, enough for most messages.
    private static let fieldsReserved = 10
    private static let bytesReserved = 320

    /// Room for `entriesMax` entries, then names and values.
    private(set) var block: [UInt8] = []
    private var entriesMax: UInt32 = 0
    private var entriesUsed: UInt32 = 0
    /// A bit for each length that a name has had here: most names that are asked for are told to be absent by it.
    private(set) var nameLengths: UInt64 = 0
    /// Size as SETTINGS_MAX_HEADER_LIST_SIZE counts it: names, values, and 32 bytes for each field.
    package private(set) var sizeBytes = 0

    package init() {}

    package init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { append(name, value) }
    }

    package var count: Int { Int(entriesUsed) }
    package var isEmpty: Bool { entriesUsed == 0 }

    /// Where names and values begin.
    var textStart: Int { Int(entriesMax) * MemoryLayout<Entry>.size }

    /// Makes room, as far as there is less: for so many fields in all, whose names and values take so many bytes.
    package mutating func reserve(fields: Int, bytes: Int) {
        guard fields > entriesMax || textStart + bytes > block.capacity else { return }
        move(to: fields > entriesMax ? fields : Int(entriesMax), bytes: bytes)
    }

    /// Adds a field at the end; the name is put into lower case.
    package mutating func append(_ name: String, _ value: String) {
        let start = begin(name)
        let nameBytes = block.count - start
        var value = value
        value.withUTF8 { unsafe block.append(contentsOf: $0) }
        commit(start: start, nameBytes: nameBytes)
    }

    /// Adds a field whose value `write` puts down, `bytesMax` bytes at most, with no `String` between.
    package mutating func append(_ name: String, bytesMax: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        let start = begin(name)
        let nameBytes = block.count - start
        block.append(addingCapacity: bytesMax, initializingWith: write)
        commit(start: start, nameBytes: nameBytes)
    }

    /// Adds a field as received; the caller vouches for a lower-case name.
    package mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        makeRoom(for: 1)
        let start = block.count
        unsafe block.append(contentsOf: name)
        unsafe block.append(contentsOf: value)
        commit(start: start, nameBytes: name.count)
    }

    /// Adds a field with a decimal number as value.
    package mutating func append(_ name: String, _ value: Int) {
        append(name, String(value))
    }

    /// Copies one field of another message.
    package mutating func append(_ index: Int, of other: HeaderFields) {
        makeRoom(for: 1)
        let (entry, from, start) = (other.entry(index), other.textStart, block.count)
        unsafe other.block.withUnsafeBufferPointer { other in
            let bytes = unsafe other[from + Int(entry.nameStart)..<from + entry.end]
            unsafe block.append(contentsOf: UnsafeBufferPointer(rebasing: bytes))
        }
        commit(start: start, nameBytes: Int(entry.nameBytes))
    }

    /// Adds all fields of another message.
    package mutating func append(contentsOf other: HeaderFields) {
        guard !other.isEmpty else { return }
        makeRoom(for: other.count)
        let shift = UInt32(block.count - textStart)
        block.append(contentsOf: other.block[other.textStart...])
        for index in 0..<other.count {
            var entry = other.entry(index)
            entry.nameStart += shift
            setEntry(count + index, entry)
        }
        entriesUsed += other.entriesUsed
        nameLengths |= other.nameLengths
        sizeBytes += other.sizeBytes
    }

    /// Replaces every field of this name by one.
    package mutating func set(_ name: String, _ value: String) {
        remove(name)
        append(name, value)
    }

    /// Removes every field of this name.
    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        var kept = HeaderFields()
        kept.reserve(fields: count, bytes: block.count - textStart)
        for index in 0..<count where !matches(index, name) { kept.append(index, of: self) }
        self = kept
    }

    func entry(_ index: Int) -> Entry {
        precondition(index < count, "there is no such field")
        return unsafe block.withUnsafeBytes { unsafe Self.entry(index, in: $0) }
    }

    static func entry(_ index: Int, in block: UnsafeRawBufferPointer) -> Entry {
        unsafe block.loadUnaligned(fromByteOffset: index * MemoryLayout<Entry>.size, as: Entry.self)
    }

    private mutating func setEntry(_ index: Int, _ entry: Entry) {
        precondition(index < entriesMax, "there is no room for such a field")
        unsafe block.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: entry, toByteOffset: index * MemoryLayout<Entry>.size, as: Entry.self)
        }
    }

    /// Adds a field's name in lower case, and tells where the field begins.
    private mutating func begin(_ name: String) -> Int {
        makeRoom(for: 1)
        let start = block.count
        var name = name
        let isLower = name.withUTF8 { name in
            unsafe block.append(contentsOf: name)
            return unsafe !name.contains { $0 &- 0x41 < 26 }
        }
        if !isLower { for index in start..<block.count { block[index] = block[index].asciiLowercased } }
        return start
    }

    private mutating func makeRoom(for more: Int) {
        let needed = count + more
        guard needed > entriesMax else { return }
        move(to: Swift.max(needed, Int(entriesMax) * 2, Self.fieldsReserved), bytes: Self.bytesReserved)
    }

    /// To a block with room for so many entries, and at least so many bytes of names and values.
    private mutating func move(to entries: Int, bytes: Int) {
        let front = entries * MemoryLayout<Entry>.size
        let (old, from) = (block, textStart)
        block = []
        block.reserveCapacity(front + Swift.max(old.count - from, bytes))
        block.append(contentsOf: old[..<from])
        let missing = front - from
        block.append(addingCapacity: missing) { $0.append(repeating: 0, count: missing) }
        block.append(contentsOf: old[from...])
        entriesMax = UInt32(entries)
    }

    static func lengthBit(_ nameBytes: Int) -> UInt64 { 1 << UInt64(nameBytes & 63) }

    private mutating func commit(start: Int, nameBytes: Int) {
        let valueBytes = block.count - start - nameBytes
        setEntry(
            count,
            Entry(
                nameStart: UInt32(start - textStart), nameBytes: UInt32(nameBytes), valueBytes: UInt32(valueBytes)))
        entriesUsed += 1
        nameLengths |= Self.lengthBit(nameBytes)
        sizeBytes += nameBytes + valueBytes + Self.overheadBytesPerField
    }
}

extension HeaderFields: Equatable {
    /// Same fields in the same order, however they are stored.
    package static func == (left: Self, right: Self) -> Bool {
        left.count == right.count
            && (0..<left.count).allSatisfy { index in
                left.nameBytes(at: index).elementsEqual(right.nameBytes(at: index))
                    && left.valueBytes(at: index).elementsEqual(right.valueBytes(at: index))
            }
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}

extension HeaderFields: CustomStringConvertible {
    /// Names only: values may be credentials.
    package var description: String {
        "HeaderFields(" + (0..<count).map { name(at: $0) }.joined(separator: ", ") + ")"
    }
}

extension UInt8 {
    var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
