package import JSON

/// What a service does for a PATCH of a versioned resource: reading it, and writing it changed where it is still what
/// was read. All else is the same for each and stands here: `If-Match`, both formats of patches, and the attempts of a
/// change that another one overtook.
///
/// A merge patch (RFC 7396) is the input as it is. A JSON Patch (RFC 6902) is applied to the members of the resource
/// that can be patched, as the caller is shown them, and what it changed becomes a merge patch. So there is one way on
/// which values are checked, faults get their pointers, and changes are made.
package protocol PatchHandler<Operation>: Handler where Operation.Input: ConditionalInput {
    associatedtype Resource: Versioned

    /// The resource as it is. Only what the input has of path and query is sure to be there.
    ///
    /// - Throws: a rejection where there is none for the caller.
    func current(_ input: Operation.Input, _ call: Call<Operation.Caller>) async throws -> Resource

    /// What the caller is shown of `resource`.
    func view(_ resource: Resource) -> Operation.Output

    /// Changes the resource where it is still `resource`.
    ///
    /// - Returns: the answer; nil where the resource has another version by now.
    func write(
        _ input: Operation.Input, over resource: Resource, _ call: Call<Operation.Caller>
    ) async throws -> Operation.Output?
}

extension PatchHandler {
    package func handle(
        _ input: Operation.Input, _ call: Call<Operation.Caller>
    ) async throws -> Operation.Output {
        try await ConditionalWrite(input.ifMatch).run {
            try await current(input, call)
        } write: { resource in
            try await write(input, over: resource, call)
        }
    }

    package func answer(
        _ input: RawInput<Operation>, _ call: Call<Operation.Caller>
    ) async throws -> EncodedAnswer {
        input.output.encode(try await output(of: input, call))
    }

    private func output(
        of input: RawInput<Operation>, _ call: Call<Operation.Caller>
    ) async throws -> Operation.Output {
        guard let patch = input.source.patch else { return try await handle(try input.decoded(), call) }
        try input.admit(patch)
        let bare = try input.decoded(JSONObject())
        return try await ConditionalWrite(bare.ifMatch).run {
            try await current(bare, call)
        } write: { resource in
            let body = try input.mergePatch(doing: patch, to: view(resource))
            return try await write(try input.decoded(body), over: resource, call)
        }
    }
}

extension RawInput {
    /// Refuses a patch of members that nobody can patch, whatever they are.
    fileprivate func admit(_ patch: JSONPatch) throws(Problem) {
        var faults: [FieldFault] = []
        for operation in patch.operations {
            for place in operation.places {
                guard let member = place.pointer.tokens.first, !isPatchable(member) else { continue }
                let pointer = JSONPointer([member]).description
                let fault = FieldFault(.body(pointer: pointer), "unknown", "There is no such member to patch.")
                if !faults.contains(fault) { faults.append(fault) }
            }
        }
        guard faults.isEmpty else { throw Problem(inputFaults: faults) }
    }

    private func isPatchable(_ name: String) -> Bool {
        shape.fields.contains { $0.place == .body && $0.name == name }
    }

    /// The merge patch of the members that `patch` touches: what it removes becomes null.
    fileprivate func mergePatch(doing patch: JSONPatch, to view: Operation.Output) throws(Problem) -> JSONObject {
        let shown = output.encode(view).body.flatMap { try? JSONValue.parse($0) }?.object ?? JSONObject()
        let before = JSONObject(shown.members.filter { isPatchable($0.name) })
        let changed: JSONValue
        do throws(JSONPatchFault) {
            changed = try patch.applied(to: .object(before))
        } catch {
            throw Problem(patchFault: error)
        }
        guard case .object(let after) = changed else {
            throw Problem(inputFaults: [FieldFault(.body(pointer: ""), "type", "It must be an object.")])
        }
        return Self.difference(before, after, touched: patch.operations.flatMap(\.changedPlaces))
    }

    private static func difference(
        _ before: JSONObject, _ after: JSONObject, touched places: [JSONPointer]
    ) -> JSONObject {
        // A change of the whole document touches every member that is, or was, there.
        let isWhole = places.contains(.root)
        let touched = Set(places.compactMap(\.tokens.first))
        var difference = JSONObject()
        for member in after.members where isWhole || touched.contains(member.name) {
            difference[member.name] = member.value
        }
        for member in before.members where after[member.name] == nil { difference[member.name] = .null }
        return difference
    }
}

extension Problem {
    /// What a JSON Patch that cannot be applied is to its caller (RFC 5789, section 2.2).
    package init(patchFault fault: JSONPatchFault) {
        let kind: ProblemKind =
            switch fault.kind {
            case .malformed: .malformedPatch
            case .conflict: .patchConflict
            case .excessive: .validation
            }
        let fault = FieldFault(.body(pointer: fault.pointer.description), fault.reason.rawValue, fault.reason.sentence)
        self.init(kind, errors: [fault])
    }
}

extension JSONPatchFault.Reason {
    fileprivate var sentence: String {
        switch self {
        case .notAnArray: "A patch is an array of operations."
        case .notAnObject: "An operation is an object."
        case .missingMember: "The operation lacks this member."
        case .unknownOperation: "It must be one of add, remove, replace, move, copy and test."
        case .invalidPointer: "It must be a JSON Pointer."
        case .movesIntoItself: "Nothing can be moved into itself."
        case .noSuchPlace: "There is no such place in the resource."
        case .testFailed: "The resource has another value there."
        case .removesRoot: "The whole resource cannot be removed."
        case .tooManyOperations: "A patch has at most \(JSONPatch.Limits().operationsMax) operations."
        case .documentTooLong: "The result would be too long."
        case .tooDeep: "The result would be too deep."
        }
    }
}
