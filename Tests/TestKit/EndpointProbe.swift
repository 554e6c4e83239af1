package import Contract
package import JSON
internal import Primitives

/// Calls a service's endpoints without sockets, as its server would, and gives back what a client would see.
package struct EndpointProbe: Sendable {
    private let endpoints: [String: BoundEndpoint]

    package init(_ endpoints: [BoundEndpoint]) {
        self.endpoints = Dictionary(uniqueKeysWithValues: endpoints.map { ($0.description.operationID, $0) })
    }

    package struct NoSuchEndpoint: Error {
        let operationID: String
    }

    package struct Reply: Sendable {
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: JSONValue
        /// The problem's code; nil where it worked.
        package let code: String?
        /// Where the problem says that values are wrong, each with its code: `/title length`, `limit range`.
        package let faults: [String]

        package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

        /// A member of the body, or of an object in it.
        package subscript(_ names: String...) -> JSONValue? {
            names.reduce(Optional(body)) { $0?.object?[$1] }
        }
    }

    /// - Parameters:
    ///   - body: a JSON document.
    ///   - jsonPatch: a JSON Patch (RFC 6902) in its place.
    /// - Throws: what the server would answer with 5xx, other than a problem.
    package func call<E: Endpoint>(
        _ endpoint: E.Type, path: [String: String] = [:], query: String = "", ifMatch: String? = nil,
        body: String? = nil, jsonPatch: String? = nil, as context: CallerContext
    ) async throws -> Reply {
        guard let bound = endpoints[E.operationID] else { throw NoSuchEndpoint(operationID: E.operationID) }
        let facts = CallFacts(requestID: "test", traceparent: nil, deadline: .after(.seconds(30)), context: context)
        do {
            let source = FieldSource(
                path: PathParameters(path.map { ($0.key, $0.value) }), query: try QueryParameters(parsing: query),
                header: { $0 == "if-match" ? ifMatch : nil }, body: try body.map { try Self.object($0) },
                patch: try jsonPatch.map { try Self.patch($0) })
            let answer = try await bound.respond(source, facts)
            let document = try answer.body.map { try JSONValue.parse($0) } ?? .null
            return Reply(status: answer.status, headers: answer.headers, body: document, code: nil, faults: [])
        } catch let problem as Problem {
            return Reply(
                status: problem.kind.status, headers: problem.allHeaders, body: .null, code: problem.kind.code,
                faults: problem.errors.map(Self.line))
        } catch let rejection as any RejectionProtocol {
            precondition(bound.description.failures.contains(rejection.code), "an undeclared failure")
            return Reply(
                status: 0, headers: rejection.headers, body: .null, code: rejection.code,
                faults: rejection.errors.map(Self.line))
        }
    }

    private static func object(_ text: String) throws -> JSONObject {
        guard case .object(let object) = try JSONValue.parse(Array(text.utf8)) else { throw Problem(.malformedJSON) }
        return object
    }

    private static func patch(_ text: String) throws -> JSONPatch {
        do {
            return try JSONPatch(json: JSONValue.parse(Array(text.utf8)))
        } catch let fault as JSONPatchFault {
            throw Problem(patchFault: fault)
        }
    }

    private static func line(_ fault: FieldFault) -> String {
        switch fault.place {
        case .body(let pointer): "\(pointer) \(fault.code)"
        case .path(let name), .query(let name), .header(let name): "\(name) \(fault.code)"
        }
    }
}
