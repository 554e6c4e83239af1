package import Contract
internal import Cryptography
internal import HTTP

extension EndpointDispatcher {
    /// The key that a call's effect is to happen once by; nil where none was sent or the operation takes none.
    ///
    /// - Throws: `Problem` for a malformed key, and for any key of an anonymous caller, whom nothing tells apart from
    ///   others.
    func idempotencyKey(
        of request: InboundRequest, for endpoint: EndpointDescription, from context: CallerContext
    ) throws(Problem) -> IdempotencyKey? {
        guard endpoint.method == .post else { return nil }
        let lines = request.fields.values(IdempotencyKey.header)
        guard !lines.isEmpty else { return nil }
        if endpoint.access == .anyone, context.claimant == nil {
            throw .key("anonymous", "An anonymous caller has no keys.")
        }
        guard endpoint.isKeyed else { return nil }
        guard lines.count == 1 else { throw .key("repeated", "It must stand once.") }
        guard let key = IdempotencyKey(header: lines) else {
            throw .key(
                "format", "It must be 1 to \(IdempotencyKey.lengthMax) printable characters, bare or in quotes.")
        }
        return key
    }
}

extension CallFacts {
    /// The same facts with what the call claims by its key. An anonymous caller claims nothing: the proof that a keyed
    /// operation asks for refuses the call.
    func claiming(
        _ key: IdempotencyKey, of endpoint: EndpointDescription, _ request: InboundRequest, body: [UInt8]
    ) -> CallFacts {
        guard let caller = context.claimant else { return self }
        let claim = IdempotencyClaim(
            caller: caller, operationID: endpoint.operationID, key: key, method: request.method,
            target: request.target, contentType: request.header("content-type"), body: body)
        return CallFacts(
            requestID: requestID, traceparent: traceparent, deadline: deadline, context: context, idempotency: claim,
            meter: meter)
    }
}

extension IdempotencyClaim {
    /// The claim of a call that is asked for by these parts. Each goes into the digests behind its length, so that no
    /// two lists of parts are one sequence of bytes.
    package init(
        caller: String, operationID: String, key: IdempotencyKey, method: String, target: String,
        contentType: String?, body: [UInt8]
    ) {
        self.init(
            caller: caller, operationID: operationID, key: key,
            scope: Self.digest([Array(caller.utf8), Array(operationID.utf8), Array(key.text.utf8)]),
            fingerprint: Self.digest([
                Array(method.utf8), Array(target.utf8), Array((contentType ?? "").utf8), body,
            ]))
    }

    private static func digest(_ parts: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count + 8 })
        for part in parts {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(part.count) >> UInt64(shift)))
            }
            bytes += part
        }
        return SHA256.hash(bytes)
    }
}

extension Problem {
    fileprivate static func key(_ code: String, _ message: String) -> Problem {
        Problem(.idempotencyKeyInvalid, errors: [FieldFault(.header(IdempotencyKey.header), code, message)])
    }
}
