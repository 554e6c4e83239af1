internal import JSON

/// The OpenAPI 3.1 document of a set of endpoints, printed from the contracts.
package struct OpenAPIDocument: Sendable {
    let endpoints: [EndpointDescription]
    let problems: [String: ProblemKind]
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
                "schemas": .object(schemas), "responses": .object(responses), "headers": .object(Self.headers),
                "parameters": ["CSRFToken": Self.proofParameter],
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
        if endpoint.policy.deprecation != nil { operation["deprecated"] = true }
        if !endpoint.details.isEmpty { operation["description"] = .string(endpoint.details) }
        var parameters = endpoint.input.filter { $0.place != .body }.map(parameter)
        if endpoint.isKeyed { parameters.append(Self.keyParameter) }
        if endpoint.access != .anyone, !endpoint.method.isSafe {
            parameters.append(["$ref": "#/components/parameters/CSRFToken"])
        }
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

    private static let proofParameter: JSONValue = [
        "name": "X-CSRF-Token", "in": "header", "required": false, "schema": ["type": "string"],
        "description": "The csrfToken of the sign-in; needed where the credential is a cookie, and only there.",
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
