internal import HTTP

extension FuzzTarget {
    /// The map of header fields against a plain list of pairs, under the same commands: each is a byte, a name and a
    /// value.
    static let headerFields = FuzzTarget(
        name: "header-fields",
        dictionary: ["host", "Host", "x-a", "X-A", "cookie", "content-length", "\n", "\u{1}", "\u{2}"]
    ) { (bytes) throws(FuzzFinding) in
        var fields = HeaderFields()
        var model: [(name: String, value: String)] = []
        for command in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 200) {
            let parts = command.dropFirst().split(separator: UInt8(ascii: ":"), maxSplits: 1).map(\.text)
            let (name, value) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
            apply(command[command.startIndex], name, value, &fields, &model)
        }
        try compare(fields, model)
    }

    private static func apply(
        _ command: UInt8, _ name: String, _ value: String, _ fields: inout HeaderFields,
        _ model: inout [(name: String, value: String)]
    ) {
        let lower = lowercased(name)
        switch command % 6 {
        case 0:
            fields.remove(lower)
            model.removeAll { same($0.name, lower) }
        case 1:
            fields.set(lower, value)
            model.removeAll { same($0.name, lower) }
            model.append((lower, value))
        case 2 where !model.isEmpty:
            let index = value.utf8.count % model.count
            fields.append(index, of: fields)
            model.append(model[index])
        case 3:
            fields.append(name, value.utf8.count)
            model.append((lower, "\(value.utf8.count)"))
        default:
            fields.append(name, value)
            model.append((lower, value))
        }
    }

    private static func compare(
        _ fields: HeaderFields, _ model: [(name: String, value: String)]
    ) throws(FuzzFinding) {
        try require(fields.count == model.count && fields.isEmpty == model.isEmpty, "\(fields.count) fields")
        let size = model.reduce(0) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + HeaderFields.overheadBytesPerField
        }
        try require(fields.sizeBytes == size, "\(fields.sizeBytes) bytes are \(size)")
        for (index, pair) in model.enumerated() {
            try require(same(fields.name(at: index), pair.name), "the name at \(index)")
            try require(same(fields.value(at: index), pair.value), "the value at \(index)")
            let values = model.filter { same($0.name, pair.name) }.map(\.value)
            try require(fields.values(pair.name) == values, "values of \(pair.name)")
            try require(fields.count(of: pair.name) == values.count, "count of \(pair.name)")
            try require(fields.combined(pair.name) == values.joined(separator: ", "), "combined \(pair.name)")
            try require(fields.first(pair.name) == values.first, "first \(pair.name)")
        }
        try require(fields.first("absent-name") == nil && fields.combined("absent-name") == nil, "what is not there")
        var copy = HeaderFields()
        for index in 0..<fields.count { copy.append(index, of: fields) }
        try require(copy == fields, "a copy is not the same")
    }

    /// Byte for byte: texts that Unicode takes for equal are different names.
    private static func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

    private static func lowercased(_ name: String) -> String {
        name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 32 : $0 }.text
    }
}
