internal import JSON

/// The OpenAPI 3.1 document of a set of endpoints, printed from the contracts.
package struct OpenAPIDocument: Sendable {
    private let endpoints: [EndpointDescription]
    private let problems: [String: ProblemKind]
    private let title: String
    private let version: String

    /// - Parameter endpoints: only the public ones are printed.
    package init(title: String, version: String, endpoints: [EndpointDescription], problems: [ProblemKind]) {
        self.title = title
        self.version = version
        self.endpoints = endpoints.filter { $0.policy.visibility == .public }
        self.problems = Dictionary(problems.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The document as JSON.
    package func encoded() -> [UInt8] {
        json.encoded
    }

    private var json: JSONValue {
        .object([
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(version),
                "description":
                    "Errors are application/problem+json (RFC 9457); each code has a page at /problems/{code}.",
            ],
            "servers": [["url": "/"]],
            "tags": .array(tags.map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
                    "apiKey": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": "__Host-at"],
                ],
                "schemas": .object(schemas), "responses": .object(responses),
            ],
        ])
    }

    private var tags: [String] {
        var seen: [String] = []
        for endpoint in endpoints where !seen.contains(endpoint.service.rawValue) {
            seen.append(endpoint.service.rawValue)
        }
        return seen
    }

    private var paths: JSONObject {
        var paths = JSONObject()
        for endpoint in endpoints {
            var item = paths[endpoint.path.text]?.object ?? JSONObject()
            item[endpoint.method.rawValue.lowercased()] = .object(operation(endpoint))
            paths[endpoint.path.text] = .object(item)
        }
        return paths
    }

    private func operation(_ endpoint: EndpointDescription) -> JSONObject {
        var operation: JSONObject = [
            "operationId": .string(endpoint.operationID), "summary": .string(endpoint.summary),
            "tags": [.string(endpoint.service.rawValue)],
        ]
        if !endpoint.details.isEmpty { operation["description"] = .string(endpoint.details) }
        var parameters = endpoint.input.filter { $0.place != .body }.map(parameter)
        if endpoint.isKeyed { parameters.append(Self.keyParameter) }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let schema = endpoint.inputSchema {
            let isRequired = endpoint.input.contains { $0.place == .body && $0.isRequired }
            operation["requestBody"] = [
                "required": .bool(isRequired),
                "content": .object(Self.bodies(endpoint, schema)),
            ]
        }
        operation["responses"] = .object(answers(endpoint))
        switch endpoint.access {
        case .anyone: operation["security"] = []
        case .signedIn, .service: operation["security"] = Self.security(endpoint)
        case .permission(let name):
            operation["security"] = Self.security(endpoint)
            operation["x-permission"] = .string(name)
        }
        operation["x-rate-class"] = .string(endpoint.policy.rate.rawValue)
        return operation
    }

    /// The credentials that a call may carry, one of them.
    private static func security(_ endpoint: EndpointDescription) -> JSONValue {
        .array([["bearer": []], ["cookie": []]] + (endpoint.takesAPIKeys ? [["apiKey": []]] : []))
    }

    /// The forms that a request's body may have.
    private static func bodies(_ endpoint: EndpointDescription, _ schema: SchemaDescription) -> JSONObject {
        var content = JSONObject()
        for type in endpoint.requestContentTypes {
            let isPatch = type == MediaTypeName.jsonPatch
            content[type] = ["schema": isPatch ? ["$ref": "#/components/schemas/JSONPatch"] : .object(schema.keywords)]
        }
        return content
    }

    private func parameter(_ field: FieldDescription) -> JSONValue {
        var parameter: JSONObject = [
            "name": .string(field.name), "in": .string(field.place.rawValue), "required": .bool(field.isRequired),
            "schema": .object(field.schema.keywords),
        ]
        if field.place == .query, field.schema.keywords["type"] == "array" {
            parameter["style"] = "form"
            parameter["explode"] = false
        }
        if let text = field.text { parameter["description"] = .string(text) }
        if let example = field.example { parameter["example"] = example }
        return .object(parameter)
    }

    private func answers(_ endpoint: EndpointDescription) -> JSONObject {
        var answers = JSONObject()
        for answer in endpoint.answers {
            var response: JSONObject = ["description": .string(answer.meaning)]
            let headers = answer.fields.filter { $0.place == .header }
            if !headers.isEmpty || endpoint.isKeyed {
                var described = JSONObject()
                for header in headers {
                    var value: JSONObject = ["schema": .object(header.schema.keywords)]
                    if let text = header.text { value["description"] = .string(text) }
                    described[header.name] = .object(value)
                }
                if endpoint.isKeyed { described[IdempotencyKey.replayedHeader] = Self.replayedHeader }
                response["headers"] = .object(described)
            }
            if let schema = answer.schema {
                response["content"] = ["application/json": ["schema": .object(schema.keywords)]]
            }
            answers[String(answer.status)] = .object(response)
        }
        for (status, codes) in failures(endpoint) {
            answers[String(status)] = ["$ref": .string("#/components/responses/\(responseName(status, codes))")]
        }
        return answers
    }

    /// The problem codes that an endpoint may answer with, by status: declared ones and those that its parts imply.
    private func failures(_ endpoint: EndpointDescription) -> [(status: Int, codes: [String])] {
        var codes = Set(endpoint.failures)
        codes.formUnion([
            ProblemKind.rateLimited.code, ProblemKind.unavailable.code, ProblemKind.overloaded.code,
            ProblemKind.fault.code,
        ])
        if endpoint.access != .anyone {
            codes.formUnion([ProblemKind.unauthenticated.code, ProblemKind.accessTokenInvalid.code])
            if !endpoint.method.isSafe { codes.insert(ProblemKind.csrfFailed.code) }
            if endpoint.takesAPIKeys { codes.insert(ProblemKind.apiKeyInvalid.code) }
        }
        if case .permission = endpoint.access { codes.insert(ProblemKind.forbidden.code) }
        if endpoint.input.contains(where: { $0.place == .path }) { codes.insert(ProblemKind.notFound.code) }
        codes.insert(ProblemKind.invalidQuery.code)
        if endpoint.isKeyed || endpoint.method == .post && endpoint.access == .anyone {
            codes.insert(ProblemKind.idempotencyKeyInvalid.code)
        }
        if endpoint.isKeyed {
            codes.formUnion([ProblemKind.idempotencyInFlight.code, ProblemKind.idempotencyKeyReused.code])
        }
        if endpoint.inputSchema != nil {
            codes.formUnion([
                ProblemKind.malformedJSON.code, ProblemKind.validation.code, ProblemKind.bodyTooLarge.code,
                ProblemKind.unsupportedMediaType.code,
            ])
        }
        if endpoint.method == .patch {
            codes.formUnion([ProblemKind.malformedPatch.code, ProblemKind.patchConflict.code])
        }
        let byStatus = Dictionary(grouping: codes.compactMap { problems[$0] }, by: \.status)
        return byStatus.sorted { $0.key < $1.key }.map { ($0.key, $0.value.map(\.code).sorted()) }
    }

    private func responseName(_ status: Int, _ codes: [String]) -> String {
        "\(status)-\(codes.joined(separator: "-"))"
    }

    private var responses: JSONObject {
        var all: [String: JSONValue] = [:]
        for endpoint in endpoints {
            for (status, codes) in failures(endpoint) {
                let titles = codes.compactMap { problems[$0] }.map { "`\($0.code)`: \($0.title)" }
                all[responseName(status, codes)] = [
                    "description": .string(titles.joined(separator: " ")),
                    "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                ]
            }
        }
        return JSONObject(all.sorted { $0.key < $1.key }.map { JSONObject.Member(name: $0.key, value: $0.value) })
    }

    private var schemas: JSONObject {
        var definitions: [String: JSONObject] = ["Problem": Self.problemSchema]
        if endpoints.contains(where: { $0.method == .patch }) { definitions["JSONPatch"] = JSONPatch.schema }
        for endpoint in endpoints {
            let bodies = [endpoint.inputSchema] + endpoint.answers.map(\.schema)
            let parameters = endpoint.input.map { Optional($0.schema) }
            for case let schema? in bodies + parameters {
                definitions.merge(schema.definitions) { first, _ in first }
            }
        }
        return JSONObject(
            definitions.sorted { $0.key < $1.key }.map { JSONObject.Member(name: $0.key, value: .object($0.value)) })
    }

    private static let keyParameter: JSONValue = [
        "name": "Idempotency-Key", "in": "header", "required": false,
        "schema": ["type": "string", "minLength": 1, "maxLength": .integer(Int64(IdempotencyKey.lengthMax))],
        "description":
            "Names the request: sent again within 24 hours it has no second effect, and gets the stored answer.",
    ]

    private static let replayedHeader: JSONValue = [
        "schema": ["type": "string", "enum": ["true"]], "description": "There where the answer was stored before.",
    ]

    private static let problemSchema: JSONObject = [
        "type": "object", "required": ["type", "title", "status", "instance", "code"],
        "properties": [
            "type": ["type": "string", "format": "uri-reference"], "title": ["type": "string"],
            "status": ["type": "integer"], "detail": ["type": "string"], "instance": ["type": "string"],
            "code": ["type": "string"],
            "errors": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["code", "message"],
                    "properties": [
                        "pointer": ["type": "string"], "parameter": ["type": "string"], "header": ["type": "string"],
                        "code": ["type": "string"], "message": ["type": "string"],
                    ],
                ],
            ],
        ],
    ]
}
