/// A list of changes to a document (RFC 6902): all are made, in order, or none.
@usableFromInline package struct JSONPatch: Sendable, Hashable {
    package enum Operation: Sendable, Hashable {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONValue)
    }

    /// How much a patch may ask for.
    package struct Limits: Sendable, Hashable {
        package var operationsMax = 100
        /// The document, as it would be encoded, at every moment. `copy` could double it each time.
        package var documentBytesMax = 1 << 20
        /// Arrays and objects inside each other.
        package var depthMax = JSONLimits.standard.depthMax

        package init() {}
    }

    package let operations: [Operation]

    package init(_ operations: [Operation]) {
        self.operations = operations
    }

    /// Reads a patch document (section 3). Members that an operation does not have are ignored (section 4).
    package init(json: JSONValue, limits: Limits = Limits()) throws(JSONPatchFault) {
        guard case .array(let elements) = json else { throw JSONPatchFault(.notAnArray) }
        guard elements.count <= limits.operationsMax else { throw JSONPatchFault(.tooManyOperations) }
        var operations: [Operation] = []
        operations.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard case .object(let object) = element else { throw JSONPatchFault(.notAnObject, at: index) }
            operations.append(try Self.operation(object, at: index))
        }
        self.init(operations)
    }

    private static func operation(_ object: JSONObject, at index: Int) throws(JSONPatchFault) -> Operation {
        switch object["op"]?.string {
        case "add": return .add(try pointer("path", object, index), try value(object, index))
        case "remove": return .remove(try pointer("path", object, index))
        case "replace": return .replace(try pointer("path", object, index), try value(object, index))
        case "move": return .move(from: try pointer("from", object, index), to: try pointer("path", object, index))
        case "copy": return .copy(from: try pointer("from", object, index), to: try pointer("path", object, index))
        case "test": return .test(try pointer("path", object, index), try value(object, index))
        default: throw JSONPatchFault(object["op"] == nil ? .missingMember : .unknownOperation, at: index, "op")
        }
    }

    private static func pointer(
        _ name: String, _ object: JSONObject, _ index: Int
    ) throws(JSONPatchFault) -> JSONPointer {
        guard let json = object[name] else { throw JSONPatchFault(.missingMember, at: index, name) }
        guard let text = json.string, let pointer = JSONPointer(parsing: text) else {
            throw JSONPatchFault(.invalidPointer, at: index, name)
        }
        return pointer
    }

    private static func value(_ object: JSONObject, _ index: Int) throws(JSONPatchFault) -> JSONValue {
        guard let value = object["value"] else { throw JSONPatchFault(.missingMember, at: index, "value") }
        return value
    }
}

extension JSONPatch.Operation {
    /// The places that the operation names, each with the member that names it.
    package var places: [(member: String, pointer: JSONPointer)] {
        switch self {
        case .add(let path, _), .remove(let path), .replace(let path, _), .test(let path, _): [("path", path)]
        case .move(let from, let path), .copy(let from, let path): [("from", from), ("path", path)]
        }
    }

    /// The places whose values the operation may change.
    package var changedPlaces: [JSONPointer] {
        switch self {
        case .add(let path, _), .remove(let path), .replace(let path, _), .copy(_, let path): [path]
        case .move(let from, let path): [from, path]
        case .test: []
        }
    }
}
