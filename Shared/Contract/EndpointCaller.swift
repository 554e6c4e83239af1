/// Calls endpoints of another service by their types, however the call travels.
package protocol EndpointCaller: Sendable {
    /// Calls `endpoint` and decodes its answer.
    ///
    /// - Parameter facts: of the call that this one is made for, whose request id, trace and deadline travel along; nil
    ///   for work of the service's own.
    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault)
        -> E.Output
}

/// Why a call to another service gave no output.
package enum CallFault: Error, Sendable {
    /// The service answered with a problem.
    case problem(code: String, status: Int)
    /// No answer was to be had; whether the call had an effect is unknown unless `didNoWork`.
    case unavailable(didNoWork: Bool, reason: String)
    /// The deadline passed first.
    case deadlineExceeded
    /// The answer was none that the contract declares.
    case malformed(reason: String)
}
