internal import JSON

// What an operation may answer: as its contract declares, and what the edge and every service add.
extension OpenAPIDocument {
    func answers(_ endpoint: EndpointDescription) -> JSONObject {
        var answers = JSONObject()
        for answer in endpoint.answers {
            var response: JSONObject = [
                "description": .string(answer.meaning), "headers": .object(headers(of: answer, endpoint)),
            ]
            if let schema = answer.schema {
                response["content"] = ["application/json": ["schema": .object(schema.keywords)]]
            }
            answers[String(answer.status)] = .object(response)
        }
        if endpoint.hasTag { answers["304"] = ["$ref": "#/components/responses/304"] }
        for (status, codes) in failures(endpoint) {
            answers[String(status)] = ["$ref": .string("#/components/responses/\(responseName(status, codes))")]
        }
        return answers
    }

    private func headers(of answer: AnswerDescription, _ endpoint: EndpointDescription) -> JSONObject {
        var described = JSONObject()
        for header in answer.fields where header.place == .header {
            var value: JSONObject = ["schema": .object(header.schema.keywords)]
            if let text = header.text { value["description"] = .string(text) }
            described[header.name] = .object(value)
        }
        if endpoint.isKeyed {
            described[IdempotencyKey.replayedHeader] = ["$ref": "#/components/headers/IdempotentReplayed"]
        }
        return Self.adding(endpoint.policy.rate == .none ? [] : ["RateLimit", "RateLimit-Policy"], to: described)
    }

    private static func adding(_ names: [String], to headers: JSONObject = JSONObject()) -> JSONObject {
        var headers = headers
        for name in names + ["X-Request-Id"] {
            headers[name] = ["$ref": .string("#/components/headers/\(name.filter { $0 != "-" })")]
        }
        return headers
    }

    /// The problem codes that an endpoint may answer with, by status: declared ones and those that its parts imply.
    private func failures(_ endpoint: EndpointDescription) -> [(status: Int, codes: [String])] {
        var codes = Set(endpoint.failures)
        codes.formUnion(
            [
                ProblemKind.malformedRequest, .notAcceptable, .invalidQuery, .rateLimited, .fault, .badGateway,
                .unavailable, .overloaded, .deadlineExceeded,
            ].map(\.code))
        if endpoint.access != .anyone {
            codes.formUnion(
                [ProblemKind.unauthenticated, .accessTokenInvalid, .credentialsConflict].map(\.code))
            if !endpoint.method.isSafe { codes.insert(ProblemKind.csrfFailed.code) }
            if endpoint.takesAPIKeys { codes.insert(ProblemKind.apiKeyInvalid.code) }
        }
        if case .permission = endpoint.access { codes.insert(ProblemKind.forbidden.code) }
        if endpoint.input.contains(where: { $0.place == .path }) { codes.insert(ProblemKind.notFound.code) }
        if endpoint.isKeyed || endpoint.method == .post && endpoint.access == .anyone {
            codes.insert(ProblemKind.idempotencyKeyInvalid.code)
        }
        if endpoint.isKeyed {
            codes.formUnion([ProblemKind.idempotencyInFlight, .idempotencyKeyReused].map(\.code))
        }
        if endpoint.inputSchema != nil {
            codes.formUnion(
                [ProblemKind.malformedJSON, .validation, .bodyTooLarge, .unsupportedMediaType].map(\.code))
        }
        if endpoint.method == .patch {
            codes.formUnion([ProblemKind.malformedPatch, .patchConflict].map(\.code))
        }
        if endpoint.hasTag { codes.insert(ProblemKind.preconditionFailed.code) }
        let byStatus = Dictionary(grouping: codes.compactMap { problems[$0] }, by: \.status)
        return byStatus.sorted { $0.key < $1.key }.map { ($0.key, $0.value.map(\.code).sorted()) }
    }

    private func responseName(_ status: Int, _ codes: [String]) -> String {
        "\(status)-\(codes.joined(separator: "-"))"
    }

    var responses: JSONObject {
        var all: [String: JSONValue] = [:]
        for endpoint in endpoints {
            if endpoint.hasTag {
                all["304"] = [
                    "description": "What was asked for is as `If-None-Match` says.",
                    "headers": .object(Self.adding([])),
                ]
            }
            for (status, codes) in failures(endpoint) {
                let titles = codes.compactMap { problems[$0] }.map { "`\($0.code)`: \($0.title)" }
                let mayWait = status == 429 || status == 503
                all[responseName(status, codes)] = [
                    "description": .string(titles.joined(separator: " ")),
                    "headers": .object(Self.adding(mayWait ? ["Retry-After"] : [])),
                    "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                ]
            }
        }
        return JSONObject(all.sorted { $0.key < $1.key }.map { JSONObject.Member(name: $0.key, value: $0.value) })
    }

    static let headers: JSONObject = [
        "IdempotentReplayed": [
            "schema": ["type": "string", "enum": ["true"]], "description": "There where the answer was stored before.",
        ],
        "RateLimit": [
            "schema": ["type": "string"],
            "description":
                "What is left of the rate limit, and in how many seconds all of it is back: `\"read\";r=119;t=1`.",
        ],
        "RateLimitPolicy": [
            "schema": ["type": "string"],
            "description": "The rate limit, and the seconds that it is for: `\"read\";q=600;w=60`.",
        ],
        "RetryAfter": ["schema": ["type": "integer"], "description": "Seconds to wait before the next try."],
        "XRequestId": [
            "schema": ["type": "string", "format": "uuid"],
            "description": "Names the request in every log line and problem.",
        ],
    ]
}

extension EndpointDescription {
    /// Whether what it reads has an entity tag, and so may be unchanged.
    fileprivate var hasTag: Bool {
        method == .get && answers.contains { $0.fields.contains { $0.place == .header && $0.name == "etag" } }
    }
}
