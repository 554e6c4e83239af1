import Contract
import HTTP
import Primitives
import Protocol
import Testing

@testable import Gateway

@Suite("The router")
struct RouterTests {
    private let router = Router(
        endpoints: Suite.descriptions,
        documents: OwnDocuments.all(
            publicURL: "https://x.example", securityContact: "mailto:a@x.example", now: Timestamp(seconds: 0)))

    private func operation(_ method: RequestMethod, _ path: String) throws -> String {
        switch try router.find(method, try CanonicalPath(path)) {
        case .route(.endpoint(let endpoint)): endpoint.operation
        case .route(.own(let route)): route.operation
        case .route(.upstream(let upstream)): upstream.route.operation
        case .options(let options): "options: \(options.allow)"
        }
    }

    @Test(
        "finds contracts and own documents",
        arguments: [
            (RequestMethod.get, "/v1/articles", "listArticles"), (.head, "/v1/articles", "listArticles"),
            (.get, "/v1/articles?x=1", "listArticles"), (.get, "/v1/articles/a-slug", "readArticle"),
            (.post, "/v1/articles", "createArticle"), (.get, "/v1/users/me", "readMyProfile"),
            (.get, "/v1/users/0190", "readProfile"), (.get, "/.well-known/jwks.json", "readKeySet"),
            (.get, "/livez", "livez"), (.get, "/readyz", "readyz"), (.head, "/openapi.json", "openapi"),
            (.get, "/problems", "problems"), (.get, "/problems/rate-limited", "problems"), (.get, "/verify", "verify"),
            (.get, "/.well-known/security.txt", "security-txt"), (.get, "/", "index"),
        ])
    func finds(method: RequestMethod, path: String, expected: String) throws {
        #expect(try operation(method, path) == expected)
    }

    @Test(
        "routes nothing internal and nothing unknown",
        arguments: [
            "/internal/auth/revocations", "/internal/auth/accounts/0190", "/internal/user/profiles", "/internal",
            "/v1", "/v1/articles/", "/nothing", "/problems/no-such", "/metrics", "/V1/articles",
        ])
    func notFound(path: String) throws {
        let problem = #expect(throws: Problem.self) { _ = try operation(.get, path) }
        #expect(problem?.kind == .notFound)
    }

    @Test("says which methods there are")
    func methods() throws {
        let problem = #expect(throws: Problem.self) { _ = try operation(.put, "/v1/articles") }
        #expect(problem?.kind == .methodNotAllowed)
        #expect(problem?.headers.first?.value == "GET, POST, HEAD, OPTIONS")
        #expect(try operation(.options, "/v1/articles") == "options: GET, POST, HEAD, OPTIONS")
        #expect(try operation(.options, "/livez") == "options: GET, HEAD, OPTIONS")
    }

    @Test("knows every operation for the observer")
    func operations() {
        #expect(Set(router.operations).count == router.operations.count)
        for description in Suite.descriptions {
            let isPublic = description.policy.visibility == .public
            #expect(router.operations.contains(description.operationID) == isPublic)
        }
    }
}
