internal import JSON

/// One endpoint without its types: what the gateway, documents, golden files and checks read.
package struct EndpointDescription: Sendable {
    package let service: ServiceName
    package let operationID: String
    package let method: EndpointMethod
    package let path: PathTemplate
    package let policy: Policy
    package let access: AccessRule
    package let input: [FieldDescription]
    /// The schema of the request body; nil where there is none.
    package let inputSchema: SchemaDescription?
    package let answers: [AnswerDescription]
    /// The declared failures' problem codes.
    package let failures: [String]
    package let summary: String
    package let details: String

    package init<E: Endpoint>(_ endpoint: E.Type, of service: ServiceName) {
        self.service = service
        operationID = E.operationID
        method = E.method
        path = PathTemplate(E.path.description)
        policy = E.policy
        access = E.Caller.requirement
        let shape = E.input
        input = shape.fields
        inputSchema = shape.hasBody ? shape.objectSchema : nil
        answers = E.output.cases
        failures = E.Failure.allCases.map(\.rawValue)
        summary = E.summary
        details = E.details
    }

    /// The media types of a request body, the usual one first.
    package var requestContentTypes: [String] {
        method == .patch ? [MediaTypeName.mergePatch, MediaTypeName.jsonPatch] : [MediaTypeName.json]
    }

    /// Whether the operation takes an `Idempotency-Key`.
    package var isKeyed: Bool { policy.retry == .keyed }

    /// Whether a call may be sent again by a machine that does not know whether it had its effect.
    package func mayRepeat(carriesKey: Bool) -> Bool {
        switch policy.retry {
        case .safe: true
        case .keyed: carriesKey
        case .never: false
        }
    }

    /// One line for the golden file of routes.
    package var line: String {
        let access =
            switch access {
            case .anyone: "anyone"
            case .signedIn: "signed-in"
            case .permission(let name): name
            case .service: "service"
            }
        return [
            method.rawValue, path.text, service.rawValue, policy.visibility.rawValue, access,
            "rate=\(policy.rate.rawValue)", "retry=\(policy.retry.rawValue)", "body=\(policy.bodyBytesMax)",
        ].joined(separator: " ")
    }
}
