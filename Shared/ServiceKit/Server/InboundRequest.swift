package import Telemetry

/// A request to a service, whatever carried it.
package struct InboundRequest: Sendable {
    package let method: String
    /// The raw target with its query.
    package let target: String
    /// Looks a header field up by its lower-case name.
    package let header: @Sendable (String) -> String?
    /// The values of all lines of a header field, by its lower-case name.
    package let headerLines: @Sendable (String) -> [String]

    /// - Parameter headerLines: nil where no field has more than one line.
    package init(
        method: String, target: String, headerLines: (@Sendable (String) -> [String])? = nil,
        header: @escaping @Sendable (String) -> String?
    ) {
        self.method = method
        self.target = target
        self.header = header
        self.headerLines = headerLines ?? { name in header(name).map { [$0] } ?? [] }
        let end = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = target[..<end]
        query = end < target.endIndex ? target[target.utf8.index(after: end)...] : ""
    }

    let path: Substring
    let query: Substring
}

/// An answer of a service.
package struct OutboundReply: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Which endpoint answered, for logs and metrics; nil where none was reached.
    package var operationID: String?
    /// The problem's code where it is one.
    package var problemCode: String?
    package var callerKind = CallerKind.anonymous
    /// For the log only.
    package var privateDetail: String?
}

/// Where the body of a request comes from.
package protocol RequestBodySource {
    /// The whole body.
    ///
    /// - Throws: `BodyRefusal.tooLarge` as soon as it is known to exceed `bytesMax`.
    func collect(upTo bytesMax: Int) async throws(BodyRefusal) -> [UInt8]
}

/// Why a body was not read.
package enum BodyRefusal: Error, Sendable {
    case tooLarge
    /// The client went away or was too slow.
    case incomplete
}
