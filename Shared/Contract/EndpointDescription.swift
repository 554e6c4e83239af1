internal import JSON

/// One endpoint without its types: what the gateway, documents, golden files and checks read. A class, since it goes
/// along with every call and has many parts.
@usableFromInline package final class EndpointDescription: Sendable {
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
    /// `Cache-Control` of a success (RFC 9111, section 5.2.2).
    package let cacheControl: String
    /// What a success, and an answer that there is nothing, tell the edge alone (RFC 9213); nil where it keeps none.
    package let targetedCacheControl: (success: String, absence: String?)?

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
        switch E.policy.cache {
        case .shared(let caching):
            cacheControl = caching.untargeted
            targetedCacheControl = (caching.targeted, caching.targetedAbsence)
        case .none:
            // Anyone may keep what anyone may read, and asks each time whether it still holds.
            cacheControl = E.method == .get && E.Caller.requirement == .anyone ? "no-cache" : "no-store"
            targetedCacheControl = nil
        }
    }

    /// The media types of a request body, the usual one first.
    package var requestContentTypes: [String] {
        method == .patch ? [MediaTypeName.mergePatch, MediaTypeName.jsonPatch] : [MediaTypeName.json]
    }

    /// Whether the operation takes an `Idempotency-Key`.
    package var isKeyed: Bool { policy.retry == .keyed }

    /// Whether an API key may call it.
    package var takesAPIKeys: Bool {
        switch access {
        case .anyone, .permission: true
        case .signedIn: policy.takesAPIKeys
        case .service: false
        }
    }

    /// Whether one of its answers sets cookies.
    package var setsCookies: Bool {
        answers.contains { $0.fields.contains { $0.place == .header && $0.name == "set-cookie" } }
    }

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
        var words = [
            method.rawValue, path.text, service.rawValue, policy.visibility.rawValue, access,
            "rate=\(policy.rate.rawValue)", "retry=\(policy.retry.rawValue)", "body=\(policy.bodyBytesMax)",
        ]
        if policy.cost != 1 { words.append("cost=\(policy.cost)") }
        if policy.deprecation != nil { words.append("deprecated") }
        if policy.criticality != .normal { words.append(policy.criticality.rawValue) }
        switch policy.cache {
        case .none: break
        case .shared(let caching): words.append("cache=\(caching.freshFor.components.seconds)s")
        }
        if !policy.purges.isEmpty { words.append("purges=\(policy.purges.map(\.text).joined(separator: ","))") }
        return words.joined(separator: " ")
    }
}
