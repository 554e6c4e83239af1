internal import Glibc

extension HeaderFields {
    package typealias Field = (name: String, value: String)

    /// The first value of this name (lower case), or nil.
    package func first(_ name: String) -> String? {
        guard let index = firstIndex(name) else { return nil }
        return value(at: index)
    }

    /// All values of this name, in order, not split at commas.
    package func values(_ name: String) -> [String] {
        (0..<count).compactMap { matches($0, name) ? value(at: $0) : nil }
    }

    /// The values of this name as one list (RFC 9110, section 5.3), or nil.
    package func combined(_ name: String) -> String? {
        guard let index = firstIndex(name) else { return nil }
        guard firstIndex(name, from: index + 1) != nil else { return value(at: index) }
        return values(name).joined(separator: ", ")
    }

    package func contains(_ name: String) -> Bool { firstIndex(name) != nil }

    package func count(of name: String) -> Int {
        var count = 0
        var next = firstIndex(name, from: 0)
        while let index = next {
            count += 1
            next = firstIndex(name, from: index + 1)
        }
        return count
    }

    package func name(at index: Int) -> String { String(decoding: nameBytes(at: index), as: UTF8.self) }

    package func value(at index: Int) -> String {
        let bytes = valueRange(index)
        return unsafe block.withUnsafeBufferPointer {
            unsafe String(decoding: UnsafeBufferPointer(rebasing: $0[bytes]), as: UTF8.self)
        }
    }

    package func nameBytes(at index: Int) -> ArraySlice<UInt8> {
        let entry = entry(index)
        let start = textStart + Int(entry.nameStart)
        return block[start..<start + Int(entry.nameBytes)]
    }

    package func nameLength(at index: Int) -> Int { Int(entry(index).nameBytes) }

    /// The last byte of the name, which is not empty.
    package func nameLast(at index: Int) -> UInt8 {
        let entry = entry(index)
        return block[textStart + entry.valueStart - 1]
    }

    package func valueBytes(at index: Int) -> ArraySlice<UInt8> { block[valueRange(index)] }

    private func valueRange(_ index: Int) -> Range<Int> {
        let entry = entry(index)
        return textStart + entry.valueStart..<textStart + entry.end
    }

    package func firstIndex(_ name: String) -> Int? { firstIndex(name, from: 0) }

    /// The first index at or after `start` whose field has this name (lower case).
    private func firstIndex(_ name: String, from start: Int) -> Int? {
        guard nameLengths & Self.lengthBit(name.utf8.count) != 0 else { return nil }
        var name = name
        return name.withUTF8 { wanted in
            unsafe block.withUnsafeBytes { held in
                for index in start..<Swift.max(start, count) {
                    let entry = unsafe Self.entry(index, in: held)
                    guard Int(entry.nameBytes) == wanted.count else { continue }
                    if unsafe Self.areEqual(held, at: textStart + Int(entry.nameStart), wanted) { return index }
                }
                return nil
            }
        }
    }

    /// Whether the field at `index` has this name (lower case).
    package func matches(_ index: Int, _ name: String) -> Bool {
        let entry = entry(index)
        guard Int(entry.nameBytes) == name.utf8.count else { return false }
        var name = name
        return name.withUTF8 { wanted in
            unsafe block.withUnsafeBytes { unsafe Self.areEqual($0, at: textStart + Int(entry.nameStart), wanted) }
        }
    }

    private static func areEqual(
        _ held: UnsafeRawBufferPointer, at start: Int, _ wanted: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard let left = held.baseAddress, let right = wanted.baseAddress else { return wanted.isEmpty }
        return unsafe memcmp(left + start, right, wanted.count) == 0
    }
}

extension HeaderFields: Sequence {
    package struct Iterator: IteratorProtocol {
        private let fields: HeaderFields
        private var index = 0

        init(_ fields: HeaderFields) { self.fields = fields }

        package mutating func next() -> Field? {
            guard index < fields.count else { return nil }
            defer { index += 1 }
            return (fields.name(at: index), fields.value(at: index))
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }
    package var underestimatedCount: Int { count }
}
