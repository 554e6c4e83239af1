import Contract
import Protocol
import Testing

@Suite struct ConflictTests {
    @Test func theSuiteHasNone() {
        #expect(Suite.conflicts == [])
    }

    @Test func allAreToldAtOnce() {
        let twice = Suite.content.descriptions + Suite.content.descriptions.prefix(1)
        let conflicts = ContractConflict.all(in: twice, problems: [])
        #expect(conflicts.contains("listArticles: the operation id is used twice."))
        #expect(conflicts.contains("listArticles: GET /v1/articles is taken by another."))
        #expect(conflicts.contains("readArticle: no problem kind not-found is known."))
    }

    @Test func everyKindOfConflictIsFound() {
        let description = EndpointDescription(Contradictory.self, of: .content)
        let conflicts = ContractConflict.all(in: [description], problems: ProblemKind.standard)
        let expected = [
            "holes", "GET has no body", "GET is safe", "for services and yet public", "public and under /internal/",
            "no rate class", "shared cache", "for no time", "by a credential", "that the path has not",
            "purges nothing", "stands twice", "no summary",
        ]
        for phrase in expected {
            #expect(conflicts.contains { $0.contains(phrase) }, "\(phrase) in \(conflicts)")
        }
    }
}

private enum Contradictory: Endpoint {
    typealias Caller = PeerService
    struct Input: Sendable {
        let first: String
        let second: String
    }
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/internal/{hole}"
    static let policy = Policy(
        visibility: .public, rate: .none, retry: .never,
        cache: .shared(SharedCaching(freshFor: .zero, variesBy: ["cookie"], tags: ["thing/{other}"])), purges: ["all"])
    static let input = Shape(Input.init, .body("twice", \.first), .body("twice", \.second))
    static let output = Answer<Nothing>.noContent
    static let summary = ""
}
