internal import JSON
public import Primitives

/// The input of one call before it is decoded. Most handlers never see it; a patch has to wait for the resource that it
/// changes.
@usableFromInline package struct RawInput<Operation: Endpoint>: Sendable {
    @usableFromInline let shape: Shape<Operation.Input>
    @usableFromInline let output: Answer<Operation.Output>
    @usableFromInline let source: FieldSource
    @usableFromInline let meter: CallMeter?

    @inlinable init(
        shape: Shape<Operation.Input>, output: Answer<Operation.Output>, source: FieldSource, meter: CallMeter?
    ) {
        self.shape = shape
        self.output = output
        self.source = source
        self.meter = meter
    }

    /// - Throws: a problem with every fault that was found.
    @inlinable package func decoded() throws(Problem) -> Operation.Input {
        // A JSON Patch means nothing without the document that it changes.
        guard source.patch == nil else { throw .ofPatch }
        return try decoded(from: source)
    }

    /// The input as if `body` had been sent.
    func decoded(_ body: JSONObject?) throws(Problem) -> Operation.Input {
        try decoded(from: source.with(body: body))
    }

    @inlinable func decoded(from source: FieldSource) throws(Problem) -> Operation.Input {
        var faults: [FieldFault] = []
        guard let value = shape.decode(source, &faults) else { throw Problem(inputFaults: faults) }
        meter?.finish(.decode)
        return value
    }
}

extension Problem {
    /// What a JSON Patch is to an operation that takes none.
    @usableFromInline static var ofPatch: Problem { Problem(.unsupportedMediaType) }
}
