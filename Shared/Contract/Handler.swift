public import Primitives

/// What a service does for one endpoint.
@usableFromInline package protocol Handler<Operation>: Sendable {
    associatedtype Operation: Endpoint

    /// Answers one call.
    ///
    /// - Throws: a `Rejection<Operation.Failure>` for what the contract declares. Any other error is a fault of ours:
    ///   the caller gets 503 where the fault says that a part is away, else 500, and the log gets the reason.
    func handle(_ input: Operation.Input, _ call: Call<Operation.Caller>) async throws -> Operation.Output

    /// Decodes the input and answers as it goes onto the wire. The default encodes what `handle` returns. A
    /// `PatchHandler` decodes in a way of its own, and one that keeps answers may give a kept one.
    func answer(_ input: RawInput<Operation>, _ call: Call<Operation.Caller>) async throws -> EncodedAnswer

    /// Whether a call with an `Idempotency-Key` has its effect once. It must where the policy says `.keyed`.
    static var honoursKeys: Bool { get }

    /// The endpoint with this handler. Nobody has a way of their own: it is required so that it is compiled for each
    /// handler's types.
    func bound(to description: EndpointDescription) -> BoundEndpoint
}

extension Handler {
    @inlinable package func answer(
        _ input: RawInput<Operation>, _ call: Call<Operation.Caller>
    ) async throws -> EncodedAnswer {
        input.output.encode(try await handle(try input.decoded(), call))
    }

    @inlinable package static var honoursKeys: Bool { false }

    @inlinable package func bound(to description: EndpointDescription) -> BoundEndpoint {
        BoundEndpoint(self, description)
    }
}

/// What is known of one call beside its input.
@usableFromInline package struct Call<Caller: Principal>: Sendable {
    @usableFromInline package let caller: Caller
    @usableFromInline package let facts: CallFacts

    @inlinable package init(caller: Caller, facts: CallFacts) {
        self.caller = caller
        self.facts = facts
    }
}

/// The facts of a call that do not depend on who called. A class, since it goes along with every call and has many
/// parts.
@usableFromInline package final class CallFacts: Sendable {
    /// Made at the edge, in every log line and problem.
    package let requestID: String
    /// W3C Trace Context `traceparent`, for calls that this one makes.
    package let traceparent: String?
    /// When the caller stops waiting.
    package let deadline: Deadline
    /// The context that the caller proved itself with, as received.
    @usableFromInline package let context: CallerContext
    /// What the caller claims by an `Idempotency-Key`; nil without one, and where the operation takes none.
    package let idempotency: IdempotencyClaim?
    /// Counts what the call uses; nil where nobody asks.
    @usableFromInline package let meter: CallMeter?

    package init(
        requestID: String, traceparent: String?, deadline: Deadline, context: CallerContext,
        idempotency: IdempotencyClaim? = nil, meter: CallMeter? = nil
    ) {
        self.requestID = requestID
        self.traceparent = traceparent
        self.deadline = deadline
        self.context = context
        self.idempotency = idempotency
        self.meter = meter
    }
}
