extension JSONValue {
    /// Whether both stand for the same thing (RFC 6902, section 4.6): numbers by their value, however they are spelled,
    /// strings byte for byte, objects whatever the order of their members.
    package func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let own), .bool(let other)): own == other
        case (.integer(let own), .integer(let other)): own == other
        case (.number(let own), .number(let other)): own == other
        case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
            Int64(exactly: number) == integer
        case (.string(let own), .string(let other)): own.utf8.elementsEqual(other.utf8)
        case (.array(let own), .array(let other)):
            own.count == other.count && zip(own, other).allSatisfy { $0.means($1) }
        case (.object(let own), .object(let other)):
            own.count == other.count && own.members.allSatisfy { other[$0.name]?.means($0.value) == true }
        default: false
        }
    }

    /// About how many bytes the value takes encoded (without escapes), and how many arrays and objects are inside each
    /// other; a scalar has depth 0.
    var extent: (bytes: Int, depth: Int) {
        switch self {
        case .null, .bool: return (5, 0)
        case .integer, .number: return (8, 0)
        case .string(let text): return (text.utf8.count + 3, 0)
        case .array(let elements):
            var (bytes, depth) = (2, 0)
            for element in elements {
                let inner = element.extent
                bytes += inner.bytes
                depth = max(depth, inner.depth)
            }
            return (bytes, depth + 1)
        case .object(let object):
            var (bytes, depth) = (2, 0)
            for member in object.members {
                let inner = member.value.extent
                bytes += member.name.utf8.count + 4 + inner.bytes
                depth = max(depth, inner.depth)
            }
            return (bytes, depth + 1)
        }
    }
}
