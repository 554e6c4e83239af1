extension JSONPatch {
    /// `document` after every operation.
    package func applied(to document: JSONValue, limits: Limits = Limits()) throws(JSONPatchFault) -> JSONValue {
        var target = PatchTarget(document, limits: limits)
        for (index, operation) in operations.enumerated() {
            do throws(PatchTarget.Refusal) {
                try target.apply(operation)
            } catch {
                throw JSONPatchFault(error.reason, at: index, error.member)
            }
        }
        return target.document
    }
}

/// The document that a patch is being applied to, and what it weighs.
private struct PatchTarget {
    struct Refusal: Error {
        let reason: JSONPatchFault.Reason
        let member: String
    }

    private(set) var document: JSONValue
    private let limits: JSONPatch.Limits
    /// At least what the document would take encoded: what was added since it was measured counts, what was taken away
    /// does not.
    private var bytesAtMost: Int

    init(_ document: JSONValue, limits: JSONPatch.Limits) {
        self.document = document
        self.limits = limits
        bytesAtMost = document.extent.bytes
    }

    mutating func apply(_ operation: JSONPatch.Operation) throws(Refusal) {
        switch operation {
        case .add(let path, let value):
            try add(value, at: path)
        case .remove(let path):
            _ = try remove(path, "path")
        case .replace(let path, let value):
            try admit(value, at: path)
            try document.reach(path.tokens[...], refusing("path")) { (place: inout JSONValue) throws(Refusal) in
                place = value
            }
            try weigh()
        case .move(let from, let path):
            guard !from.isProperPrefix(of: path) else { throw Refusal(reason: .movesIntoItself, member: "path") }
            let value = try self.value(at: from, "from")
            guard from != path else { return }
            _ = try remove(from, "from")
            try add(value, at: path)
        case .copy(let from, let path):
            try add(value(at: from, "from"), at: path)
        case .test(let path, let value):
            guard try self.value(at: path, "path").means(value) else {
                throw Refusal(reason: .testFailed, member: "value")
            }
        }
    }

    private func value(at pointer: JSONPointer, _ member: String) throws(Refusal) -> JSONValue {
        guard let value = document[pointer] else { throw Refusal(reason: .noSuchPlace, member: member) }
        return value
    }

    private func refusing(_ member: String) -> Refusal { Refusal(reason: .noSuchPlace, member: member) }

    private mutating func add(_ value: JSONValue, at path: JSONPointer) throws(Refusal) {
        try admit(value, at: path)
        guard let last = path.tokens.last else {
            document = value
            return try weigh()
        }
        let refusal = refusing("path")
        try document.reach(path.tokens.dropLast(), refusal) { (place: inout JSONValue) throws(Refusal) in
            guard place.insert(value, at: last) else { throw refusal }
        }
        try weigh()
    }

    private mutating func remove(_ path: JSONPointer, _ member: String) throws(Refusal) -> JSONValue {
        guard let last = path.tokens.last else { throw Refusal(reason: .removesRoot, member: member) }
        let refusal = refusing(member)
        var removed = JSONValue.null
        try document.reach(path.tokens.dropLast(), refusal) { (place: inout JSONValue) throws(Refusal) in
            guard let value = place.remove(at: last) else { throw refusal }
            removed = value
        }
        return removed
    }

    /// Counts what is about to be added, and refuses what would be too deep.
    private mutating func admit(_ value: JSONValue, at path: JSONPointer) throws(Refusal) {
        let extent = value.extent
        guard path.tokens.count + extent.depth <= limits.depthMax else {
            throw Refusal(reason: .tooDeep, member: "path")
        }
        bytesAtMost += extent.bytes + 4 + (path.tokens.last?.utf8.count ?? 0)
    }

    /// Refuses a document that has become too long. It is measured again only when it may have.
    private mutating func weigh() throws(Refusal) {
        guard bytesAtMost > limits.documentBytesMax else { return }
        bytesAtMost = document.extent.bytes
        guard bytesAtMost <= limits.documentBytesMax else { throw Refusal(reason: .documentTooLong, member: "path") }
    }
}

extension JSONValue {
    /// Calls `change` with the value that `tokens` lead to.
    fileprivate mutating func reach(
        _ tokens: ArraySlice<String>, _ refusal: PatchTarget.Refusal,
        _ change: (inout JSONValue) throws(PatchTarget.Refusal) -> Void
    ) throws(PatchTarget.Refusal) {
        guard let token = tokens.first else { return try change(&self) }
        switch self {
        case .array(var elements):
            guard let index = JSONPointer.index(token, in: elements.indices) else { throw refusal }
            try elements[index].reach(tokens.dropFirst(), refusal, change)
            self = .array(elements)
        case .object(var object):
            guard var value = object[token] else { throw refusal }
            try value.reach(tokens.dropFirst(), refusal, change)
            object[token] = value
            self = .object(object)
        default: throw refusal
        }
    }

    /// False where this is no array with such a place, nor an object.
    fileprivate mutating func insert(_ value: JSONValue, at token: String) -> Bool {
        switch self {
        case .array(var elements):
            let places = elements.startIndex..<elements.endIndex + 1
            guard let index = token == "-" ? elements.endIndex : JSONPointer.index(token, in: places) else {
                return false
            }
            elements.insert(value, at: index)
            self = .array(elements)
        case .object(var object):
            object[token] = value
            self = .object(object)
        default: return false
        }
        return true
    }

    fileprivate mutating func remove(at token: String) -> JSONValue? {
        switch self {
        case .array(var elements):
            guard let index = JSONPointer.index(token, in: elements.indices) else { return nil }
            let removed = elements.remove(at: index)
            self = .array(elements)
            return removed
        case .object(var object):
            guard let removed = object[token] else { return nil }
            object[token] = nil
            self = .object(object)
            return removed
        default: return nil
        }
    }
}
