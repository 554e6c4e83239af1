package import HTTP
internal import Primitives
package import Telemetry

/// A request to a service, whatever carried it. A class, since every step of a call gets it.
package final class InboundRequest: Sendable {
    package let method: String
    /// The raw target with its query.
    package let target: String
    package let fields: HeaderFields
    /// Made at the edge, in every log line and problem; `unknown` where none was sent.
    let requestID: String
    /// Where the query's mark stands in `target`, in bytes; nil where there is none.
    private let mark: Int?

    package init(method: String, target: String, fields: HeaderFields) {
        self.method = method
        self.target = target
        self.fields = fields
        requestID = fields.first(InternalHeaders.requestID) ?? "unknown"
        var text = target
        mark = text.withUTF8 { $0.firstIndex(of: UInt8(ascii: "?")) }
    }

    var path: Substring {
        guard let mark else { return target[...] }
        return target[..<target.utf8.index(target.startIndex, offsetBy: mark)]
    }

    var query: Substring {
        guard let mark else { return "" }
        return target[target.utf8.index(target.startIndex, offsetBy: mark + 1)...]
    }

    /// When its caller stops waiting, if it says so. What lies a minute ahead is as good as what lies beyond.
    func deadline(from start: Deadline) -> Deadline? {
        guard let milliseconds = header(InternalHeaders.deadline).flatMap({ Int64($0) }) else { return nil }
        return start.advanced(byMilliseconds: UInt64(min(max(milliseconds, 0), 60_000)))
    }

    /// The values of a header field as one list, by its lower-case name.
    func header(_ name: String) -> String? { fields.combined(name) }
}

/// An answer of a service.
package struct OutboundReply: Sendable {
    package var status: Int
    package var headers: HeaderFields
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
