import Contract

/// Contracts with deadlines and sizes that the suite's own do not have, answered by `ScriptedService`.
enum TestOperations {
    static let descriptions = API(
        .content, Download.self, Hurry.self, Upload.self, Order.self, Keep.self, Change.self, Live.self,
        Costly.self, Brief.self, BriefUpload.self
    ).descriptions

    static func description(_ operationID: String) -> EndpointDescription {
        guard let description = descriptions.first(where: { $0.operationID == operationID }) else {
            preconditionFailure("no test operation \(operationID)")
        }
        return description
    }
}

/// Has time for a slow reader.
enum Download: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/test/download"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe, deadline: .seconds(120))
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "A long answer."
}

/// Has hardly any time.
enum Hurry: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/test/hurry"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe, deadline: .seconds(2))
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "An answer in a hurry."
}

/// Hardly waits for its body.
enum Brief: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/test/brief"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .never, deadline: .milliseconds(200), bodyBytesMax: 1000)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "A short body, soon."
}

/// Takes more than is held whole, soon.
enum BriefUpload: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/test/brief-upload"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .never, deadline: .milliseconds(300), bodyBytesMax: 1 << 20)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "A long body, soon."
}

/// Takes more than is held whole.
enum Upload: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/test/upload"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .never, deadline: .seconds(120), bodyBytesMax: 64 << 20)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "A long body."
}

/// Weighs fifty calls.
enum Costly: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/test/costly"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe, cost: 50)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "Much work."
}

/// May be sent twice with a key.
enum Order: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/test/orders"
    static let policy = Policy(visibility: .public, rate: .read, retry: .keyed, bodyBytesMax: 1 << 20)
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "An order."
}

/// May be kept by the edge.
enum Keep: Endpoint {
    typealias Caller = Anyone
    struct Input: Sendable {
        let thing: String
        let page: Int?
        let act: String?
    }
    typealias Output = Nothing
    enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/test/kept/{thing}"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .safe,
        cache: .shared(
            SharedCaching(
                freshFor: .seconds(60), staleWhileRevalidating: .seconds(60), staleIfError: .seconds(600),
                statuses: [200, 301], absentFor: .seconds(10), variesBy: ["accept-language"],
                tags: ["things", "thing/{thing}"])),
        // A thousand wait for one answer, which takes a busy machine a while.
        deadline: .seconds(120))
    static let input = Shape(
        Input.init, .path("thing", \.thing), .query("page", \.page), .query("do", \.act))
    static let output = Answer<Nothing>.noContent
    static let summary = "A thing."
}

/// Makes what is kept untrue.
enum Change: Endpoint {
    typealias Caller = Anyone
    struct Input: Sendable {
        let thing: String
        let act: String?
    }
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.post
    static let path: StaticString = "/v1/test/kept/{thing}/change"
    static let policy = Policy(
        visibility: .public, rate: .read, retry: .never, bodyBytesMax: 1 << 20, purges: ["thing/{thing}"])
    static let input = Shape(Input.init, .path("thing", \.thing), .query("do", \.act))
    static let output = Answer<Nothing>.noContent
    static let summary = "Changes a thing."
}

/// An answer that goes on.
enum Live: Endpoint {
    typealias Caller = Anyone
    typealias Input = Nothing
    typealias Output = Nothing
    typealias Failure = NoFailure
    static let method = EndpointMethod.get
    static let path: StaticString = "/v1/test/live"
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe, deadline: .seconds(1)).lasting
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "Events."
}
