import Contract
import JSON
import Protocol
import Testing

@Suite struct KeyedEndpointTests {
    private static let keyed = Suite.descriptions.filter(\.isKeyed)

    /// A kept answer lies in a table for a day: nothing in it may open a door.
    @Test func noKeyedAnswerCarriesASecret() throws {
        let ids = Set(Self.keyed.map(\.operationID))
        #expect(ids.isSuperset(of: ["createArticle", "publishArticle", "unpublishArticle"]))
        for endpoint in Self.keyed {
            for answer in endpoint.answers {
                let names = answer.fields.map(\.name) + (answer.schema.map(Self.members) ?? [])
                #expect(!names.contains(where: Self.isSecret), "\(endpoint.operationID): \(names)")
            }
        }
        // The same look finds what carries one.
        let carrying = Suite.descriptions.filter { endpoint in
            endpoint.answers.contains { ($0.schema.map(Self.members) ?? []).contains(where: Self.isSecret) }
        }
        #expect(
            Set(carrying.map(\.operationID)).isSuperset(of: ["login", "refreshTokens", "createAPIKey", "rotateAPIKey"]))
        #expect(carrying.allSatisfy { !$0.isKeyed })
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        // An API key's secret is called just so.
        return name == "key"
            || ["token", "secret", "password", "cookie", "otpauth", "recoverycode", "apikey", "privatekey"]
                .contains { name.contains($0) }
    }

    /// The names of all members that a schema or what it refers to has, however deep.
    private static func members(_ schema: SchemaDescription) -> [String] {
        ([schema.keywords] + schema.definitions.values).flatMap { names(in: .object($0)) }
    }

    private static func names(in value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.members.flatMap { member in
                (member.name == "properties" ? member.value.object?.members.map(\.name) ?? [] : [])
                    + names(in: member.value)
            }
        case .array(let elements): elements.flatMap(names)
        case .null, .bool, .integer, .number, .string: []
        }
    }

    @Test func documentsSayWhatAKeyDoes() throws {
        let document = try JSONValue.parse(Suite.openAPI.encoded())
        let post = try #require(document.object?["paths"]?.object?["/v1/articles"]?.object?["post"]?.object)
        let parameters = post["parameters"]?.array?.compactMap { $0.object?["name"]?.string } ?? []
        #expect(parameters == ["Idempotency-Key"])
        let responses = try #require(post["responses"]?.object)
        for (status, code) in [
            ("400", "idempotency-key-invalid"), ("409", "idempotency-in-flight"), ("422", "idempotency-key-reused"),
        ] {
            #expect(responses[status]?.object?["$ref"]?.string?.contains(code) == true, "\(status)")
        }
        #expect(responses["201"]?.object?["headers"]?.object?["idempotent-replayed"] != nil)
    }

    @Test func repeatingIsTheKeysToAllow() {
        for endpoint in Suite.descriptions {
            #expect(endpoint.mayRepeat(carriesKey: false) == (endpoint.policy.retry == .safe))
            #expect(endpoint.mayRepeat(carriesKey: true) == (endpoint.policy.retry != .never))
        }
    }

    @Test func onlyAPostOfKnownCallersIsKeyed() {
        let conflicts = ContractConflict.all(
            in: [EndpointDescription(Misplaced.self, of: .content)], problems: ProblemKind.standard)
        for phrase in ["only a POST takes", "anonymous callers have no keys", "not a field"] {
            #expect(conflicts.contains { $0.contains(phrase) }, "\(phrase) in \(conflicts)")
        }
    }
}

private enum Misplaced: Endpoint {
    typealias Caller = Anyone
    struct Input: Sendable {
        let key: String?
    }
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.delete
    static let path: StaticString = "/v1/misplaced"
    static let policy = Policy(visibility: .public, rate: .write, retry: .keyed)
    static let input = Shape(Input.init, .header("idempotency-key", \.key))
    static let output = Answer<Nothing>.noContent
    static let summary = "Is wrong."
}
