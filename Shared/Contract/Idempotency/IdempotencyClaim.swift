internal import Primitives

/// What one call claims by its `Idempotency-Key`: to have its effect once, however often it comes.
package struct IdempotencyClaim: Sendable, Hashable {
    /// Who claims: `CallerContext.claimant`.
    package let caller: String
    package let operationID: String
    package let key: IdempotencyKey
    /// SHA-256 over caller, operation and key: what two calls share that are one, and what nobody else comes to.
    package let scope: [UInt8]
    /// SHA-256 over all that the call asks for: method, target, content type and body.
    package let fingerprint: [UInt8]

    /// The length of `scope` and `fingerprint` in bytes.
    package static let digestBytes = 32

    package init(
        caller: String, operationID: String, key: IdempotencyKey, scope: [UInt8], fingerprint: [UInt8]
    ) {
        precondition(scope.count == Self.digestBytes && fingerprint.count == Self.digestBytes)
        self.caller = caller
        self.operationID = operationID
        self.key = key
        self.scope = scope
        self.fingerprint = fingerprint
    }

    /// The key for what this call asks of others in turn: the next service, a job. It differs between callers that
    /// chose the same key.
    package var onwardKey: IdempotencyKey {
        guard let key = IdempotencyKey(Base64URL.encode(scope)) else { preconditionFailure("43 letters are a key") }
        return key
    }
}

extension CallerContext {
    /// Whose keys a call's key is one of; nil for anonymous callers, who have none.
    package var claimant: String? {
        if let account { return "account:\(account.id)" }
        // The gateway speaks for itself where it speaks for no client.
        return clientAddress == nil ? "service:\(issuer.rawValue)" : nil
    }
}
