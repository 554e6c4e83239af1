internal import Contract

/// An answer that was given before.
struct KeptAnswer: Sendable {
    let fingerprint: [UInt8]
    let status: Int
    /// Names and values by turns.
    let headers: [String]
    let body: [UInt8]?

    /// The answer as it was, and that it was.
    ///
    /// - Throws: where the claim is for another call than the one that was answered.
    func replayed(to claim: IdempotencyClaim) throws(Problem) -> EncodedAnswer {
        guard fingerprint == claim.fingerprint else { throw Problem(.idempotencyKeyReused) }
        var fields = stride(from: 0, to: headers.count - 1, by: 2).map { (name: headers[$0], value: headers[$0 + 1]) }
        fields.append((IdempotencyKey.replayedHeader, "true"))
        return EncodedAnswer(status: status, headers: fields, body: body)
    }
}
