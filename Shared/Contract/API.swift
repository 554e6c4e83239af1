public import Primitives

/// The endpoints of one service, as a list of types.
package struct API<each Operation: Endpoint>: Sendable {
    package let service: ServiceName
    package let descriptions: [EndpointDescription]

    package init(_ service: ServiceName, _ operation: repeat (each Operation).Type) {
        self.service = service
        var descriptions: [EndpointDescription] = []
        repeat descriptions.append(EndpointDescription(each operation, of: service))
        self.descriptions = descriptions
    }

    /// Pairs every endpoint with its handler. A missing, swapped or extra handler does not compile.
    package func serve<each H: Handler>(
        _ handler: repeat each H
    ) -> [BoundEndpoint] where repeat (each H).Operation == each Operation {
        var bound: [BoundEndpoint] = []
        repeat bound.append((each handler).bound(to: descriptions[bound.count]))
        return bound
    }
}

/// An endpoint with its handler, its types forgotten.
@usableFromInline package final class BoundEndpoint: Sendable {
    @usableFromInline package let description: EndpointDescription
    /// Answers one call: makes the caller's proof, decodes, calls the handler, encodes.
    ///
    /// - Throws: `Problem` for what the contract refuses; whatever the handler throws otherwise.
    @usableFromInline package let respond: @Sendable (FieldSource, CallFacts) async throws -> EncodedAnswer

    @inlinable init<H: Handler>(_ handler: H, _ description: EndpointDescription) {
        typealias E = H.Operation
        description.preconditionFits(handler)
        self.description = description
        let input = E.input
        let output = E.output
        respond = { source, facts in
            let caller = try BoundEndpoint.proof(E.Caller.self, facts.context)
            let raw = RawInput<E>(shape: input, output: output, source: source, meter: facts.meter)
            defer { facts.meter?.finish(.handle) }
            return try await handler.answer(raw, Call(caller: caller, facts: facts))
        }
    }

    @inlinable static func proof<P: Principal>(_ type: P.Type, _ context: CallerContext) throws(Problem) -> P {
        do throws(AccessRefusal) {
            return try P(context)
        } catch {
            throw Problem(refusal: error)
        }
    }
}

extension EndpointDescription {
    @usableFromInline func preconditionFits(_ handler: some Handler) {
        precondition(
            isKeyed == type(of: handler).honoursKeys, "\(operationID): its policy and its handler differ about keys")
        precondition(
            method != .patch || handler is any PatchHandler, "\(operationID) is a PATCH: its handler takes patches")
    }
}

extension Problem {
    /// What a caller is told who may not call.
    @usableFromInline init(refusal: AccessRefusal) {
        switch refusal {
        case .unauthenticated: self.init(.unauthenticated)
        case .forbidden(let permission):
            self.init(.forbidden, detail: "The permission \(permission) is needed.")
        }
    }

    /// The problem that faults in an input make: a path that names nothing is 404, a wrong parameter or header 400, a
    /// wrong body 422.
    @usableFromInline package init(inputFaults faults: [FieldFault]) {
        let isPath = faults.contains { if case .path = $0.place { true } else { false } }
        let isBody = faults.allSatisfy { if case .body = $0.place { true } else { false } }
        if isPath {
            self.init(.notFound)
        } else {
            self.init(isBody ? .validation : .invalidQuery, errors: faults)
        }
    }
}
