internal import JSON
internal import Primitives

/// The input of one call before it is decoded. Most handlers never see it; a patch has to wait for the resource that it
/// changes.
package struct RawInput<Operation: Endpoint>: Sendable {
    let shape: Shape<Operation.Input>
    let output: Answer<Operation.Output>
    let source: FieldSource
    let meter: CallMeter?

    /// - Throws: a problem with every fault that was found.
    package func decoded() throws(Problem) -> Operation.Input {
        // A JSON Patch means nothing without the document that it changes.
        guard source.patch == nil else { throw Problem(.unsupportedMediaType) }
        return try decoded(from: source)
    }

    /// The input as if `body` had been sent.
    func decoded(_ body: JSONObject?) throws(Problem) -> Operation.Input {
        var source = source
        source.body = body
        return try decoded(from: source)
    }

    private func decoded(from source: FieldSource) throws(Problem) -> Operation.Input {
        var faults: [FieldFault] = []
        guard let value = shape.decode(source, &faults) else { throw Problem(inputFaults: faults) }
        meter?.finish(.decode)
        return value
    }
}
