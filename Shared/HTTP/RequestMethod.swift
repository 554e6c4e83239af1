/// A request method (RFC 9110 section 9); case counts.
package enum RequestMethod: Hashable, Sendable {
    case get, head, post, put, patch, delete, options, connect, trace
    case other(String)

    package init(_ text: String) {
        switch text {
        case "GET": self = .get
        case "HEAD": self = .head
        case "POST": self = .post
        case "PUT": self = .put
        case "PATCH": self = .patch
        case "DELETE": self = .delete
        case "OPTIONS": self = .options
        case "CONNECT": self = .connect
        case "TRACE": self = .trace
        default: self = .other(text)
        }
    }

    /// The method that `bytes` spell: that of most requests without a look at a text.
    init(_ bytes: UnsafeRawBufferPointer) {
        switch unsafe (bytes.count, bytes.first) {
        case (3, 0x47) where unsafe bytes[1] == 0x45 && bytes[2] == 0x54: self = .get
        default: self = unsafe RequestMethod(String(decoding: bytes, as: UTF8.self))
        }
    }

    package var text: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other(let text): text
        }
    }
}

extension RequestMethod: CustomStringConvertible {
    package var description: String { text }
}
