/// What a parser did that it must not do. Not finding one is all that a target has to say.
package struct FuzzFinding: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// One parser of bytes that strangers send, with what must hold whatever they are.
///
/// The same targets run in `make fuzz`, where coverage guides the bytes, and in `make test`, on the corpus and some
/// thousand mutations of it.
package struct FuzzTarget: Sendable, CustomStringConvertible {
    /// Names the folder of its corpus too.
    package let name: String
    /// Pieces that mean something to the parser.
    package let dictionary: [String]
    /// Throws what does not hold.
    package let check: @Sendable ([UInt8]) throws(FuzzFinding) -> Void

    package var description: String { name }

    // A parser of a PROXY header, and one of `Forwarded`, belong here as soon as there are some.
    package static let all: [FuzzTarget] = [
        .http1Message, .http1Policy, .http2Session, .headerBlock, .headerFields, .canonicalPath, .json, .jsonPatch,
        .contract, .jws, .cursor, .texts,
    ]

    package static func named(_ name: String) -> FuzzTarget? {
        all.first { $0.name == name }
    }
}

/// Throws unless `condition` holds.
func require(_ condition: Bool, _ description: @autoclosure () -> String) throws(FuzzFinding) {
    guard condition else { throw FuzzFinding(description()) }
}

extension Collection<UInt8> {
    /// As text, whatever the bytes are.
    var text: String { String(decoding: self, as: UTF8.self) }
}
