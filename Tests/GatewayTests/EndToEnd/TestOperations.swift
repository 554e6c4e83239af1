import Contract

/// Contracts with deadlines and sizes that the suite's own do not have, answered by `ScriptedService`.
enum TestOperations {
    static let descriptions = API(.content, Download.self, Hurry.self, Upload.self, Order.self).descriptions
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
    static let policy = Policy(visibility: .public, rate: .read, retry: .safe, deadline: .milliseconds(200))
    static let input = Nothing.shape
    static let output = Answer<Nothing>.noContent
    static let summary = "An answer in a hurry."
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
