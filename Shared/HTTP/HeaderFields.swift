internal import Glibc

/// The header fields of one message: ordered, names in lower case, all bytes in one arena.
///
/// A received head costs two allocations however many fields it has; a `String` is made only for the
/// value that somebody asks for. Values are opaque bytes (RFC 9110 section 5.5): what is not UTF-8 is
/// repaired only in the `String` view.
package struct HeaderFields: Sendable {
    struct Entry: Sendable {
        let nameStart: UInt32
        let nameBytes: UInt32
        let valueBytes: UInt32

        var valueStart: Int { Int(nameStart) + Int(nameBytes) }
        var end: Int { valueStart + Int(valueBytes) }
    }

    /// What HTTP/2 counts beside name and value for each field (RFC 9113 section 6.5.2).
    package static let overheadBytesPerField = 32

    /// Room that the first field makes, enough for most messages.
    private static let fieldsReserved = 8
    private static let bytesReserved = 256

    private(set) var arena: [UInt8] = []
    private(set) var entries: [Entry] = []
    /// Size as SETTINGS_MAX_HEADER_LIST_SIZE counts it: names, values, and 32 bytes for each field.
    package private(set) var sizeBytes = 0

    package init() {}

    package init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { append(name, value) }
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package mutating func reserve(fields: Int, bytes: Int) {
        entries.reserveCapacity(fields)
        arena.reserveCapacity(bytes)
    }

    /// Adds a field at the end; the name is put into lower case.
    package mutating func append(_ name: String, _ value: String) {
        if entries.isEmpty { reserve(fields: Self.fieldsReserved, bytes: Self.bytesReserved) }
        let start = arena.count
        var name = name
        name.withUTF8 { unsafe arena.append(contentsOf: $0) }
        let nameBytes = arena.count - start
        for index in start..<arena.count where arena[index] &- 0x41 < 26 { arena[index] |= 0x20 }
        var value = value
        value.withUTF8 { unsafe arena.append(contentsOf: $0) }
        commit(start: start, nameBytes: nameBytes)
    }

    /// Adds a field as received; the caller vouches for a lower-case name.
    package mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if entries.isEmpty { reserve(fields: Self.fieldsReserved, bytes: Self.bytesReserved) }
        let start = arena.count
        unsafe arena.append(contentsOf: name)
        unsafe arena.append(contentsOf: value)
        commit(start: start, nameBytes: name.count)
    }

    /// Adds a field with a decimal number as value.
    package mutating func append(_ name: String, _ value: Int) {
        append(name, String(value))
    }

    /// Copies one field of another message.
    package mutating func append(_ index: Int, of other: HeaderFields) {
        let entry = other.entries[index]
        let start = arena.count
        arena.append(contentsOf: other.arena[Int(entry.nameStart)..<entry.end])
        commit(start: start, nameBytes: Int(entry.nameBytes))
    }

    /// Adds all fields of another message.
    package mutating func append(contentsOf other: HeaderFields) {
        let shift = UInt32(arena.count)
        arena.append(contentsOf: other.arena)
        for entry in other.entries {
            entries.append(
                Entry(
                    nameStart: entry.nameStart + shift, nameBytes: entry.nameBytes, valueBytes: entry.valueBytes))
        }
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
        let kept = entries.indices.filter { !matches($0, name) }
        for index in entries.indices where matches(index, name) { sizeBytes -= size(of: entries[index]) }
        entries = kept.map { entries[$0] }
        if entries.isEmpty { arena.removeAll(keepingCapacity: true) }
    }

    private mutating func commit(start: Int, nameBytes: Int) {
        let entry = Entry(
            nameStart: UInt32(start), nameBytes: UInt32(nameBytes), valueBytes: UInt32(arena.count - start - nameBytes))
        entries.append(entry)
        sizeBytes += size(of: entry)
    }

    private func size(of entry: Entry) -> Int {
        Int(entry.nameBytes) + Int(entry.valueBytes) + Self.overheadBytesPerField
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
