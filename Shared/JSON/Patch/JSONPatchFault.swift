/// Why a patch was refused, and by which part of it.
package struct JSONPatchFault: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The patch is not an array.
        case notAnArray = "not-an-array"
        /// An operation is not an object.
        case notAnObject = "not-an-object"
        /// An operation lacks `op`, `path`, `from` or `value`.
        case missingMember = "missing-member"
        case unknownOperation = "unknown-operation"
        /// Not a JSON Pointer.
        case invalidPointer = "invalid-pointer"
        /// Something would be moved into itself (RFC 6902, section 4.4).
        case movesIntoItself = "moves-into-itself"
        /// Nothing is at the place, or nothing can be.
        case noSuchPlace = "no-such-place"
        /// What `test` names has another value.
        case testFailed = "test-failed"
        /// A document cannot be without its root.
        case removesRoot = "removes-root"
        case tooManyOperations = "too-many-operations"
        case documentTooLong = "document-too-long"
        case tooDeep = "too-deep"
    }

    /// What kind of no it is (RFC 5789, section 2.2).
    package enum Kind: Sendable, Hashable {
        /// The patch is wrong, whatever it is applied to.
        case malformed
        /// The patch does not fit the document as it is now.
        case conflict
        /// The patch asks for more than is given.
        case excessive
    }

    package let reason: Reason
    /// Into the patch: `/2/path`.
    package let pointer: JSONPointer

    init(_ reason: Reason, at operation: Int? = nil, _ member: String? = nil) {
        self.reason = reason
        pointer = JSONPointer([operation.map { String($0) }, member].compactMap { $0 })
    }

    package var kind: Kind {
        switch reason {
        case .notAnArray, .notAnObject, .missingMember, .unknownOperation, .invalidPointer, .movesIntoItself:
            .malformed
        case .noSuchPlace, .testFailed, .removesRoot: .conflict
        case .tooManyOperations, .documentTooLong, .tooDeep: .excessive
        }
    }

    package var description: String { "\(reason.rawValue) at \"\(pointer)\"" }
}
