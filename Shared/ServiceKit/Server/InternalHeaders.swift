/// Header fields that processes of the suite send each other. The gateway drops them from outside.
package enum InternalHeaders {
    package static let requestID = "x-request-id"
    package static let traceparent = "traceparent"
    /// Milliseconds that the caller still waits.
    package static let deadline = "causeway-deadline-ms"
    package static let caller = CallerContextSigner.header
}
