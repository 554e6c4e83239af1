/// A change of a versioned resource: read, judged by `If-Match` (RFC 9110, section 13.1.1), and written where the
/// version that was read is still the present one.
///
/// A change that another one overtook is begun anew: with tags in `If-Match` that ends in 412, with `*` it is made on
/// top of the other. So no update is lost either way.
package struct ConditionalWrite: Sendable {
    private let ifMatch: IfMatch?

    /// How often a change may be overtaken before its caller is told to come back. Each time another change has been
    /// made, so that only a crowd that does not end gets here.
    private static let attemptsMax = 24
    /// Attempts that follow each other at once; from then on there is a pause, so that a crowd disperses.
    private static let promptAttempts = 3
    private static let pauseMax = Duration.milliseconds(20)

    package init(_ ifMatch: IfMatch?) {
        self.ifMatch = ifMatch
    }

    /// - Parameters:
    ///   - read: the resource as it is; throws where there is none for the caller, which is told before any condition
    ///     is judged.
    ///   - write: the answer; nil where the resource is no longer what was read.
    /// - Throws: `Problem` with 428 without `If-Match`, 412 with the present tag where it names other versions, 503
    ///   when the change was overtaken too often; whatever `read` and `write` throw.
    package func run<Resource: Versioned, Output: Sendable>(
        read: () async throws -> Resource, write: (Resource) async throws -> Output?
    ) async throws -> Output {
        for attempt in 0..<Self.attemptsMax {
            if attempt >= Self.promptAttempts { try await Task.sleep(for: .random(upTo: Self.pauseMax)) }
            let resource = try await read()
            guard let ifMatch else { throw Problem(.preconditionRequired) }
            guard ifMatch.allows(resource.etag.version) else { throw resource.preconditionFailed }
            if let output = try await write(resource) { return output }
        }
        throw Problem(.unavailable, retryAfter: .seconds(1))
    }
}

extension Duration {
    fileprivate static func random(upTo bound: Duration) -> Duration {
        .nanoseconds(Int64.random(in: 0...bound.components.attoseconds / 1_000_000_000))
    }
}
