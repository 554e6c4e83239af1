internal import HTTP
internal import Primitives
internal import Telemetry

/// What a service is to be asked so that a key is filled.
struct FillOrder: Sendable {
    let ticket: FillTicket
    let endpoint: EndpointRoute
    let rule: CachingRule
    /// What is kept of it: the service may say that it still holds.
    let known: StoredAnswer?
    let deadline: Deadline
    /// How long to wait while no instance of the service is up.
    let patience: Duration
    let requestID: RequestID
    let trace: TraceContext
}
