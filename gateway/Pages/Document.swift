internal import Compression
internal import NIOCore

/// An answer that the gateway gives by itself and that never changes while the process runs.
final class Document: Sendable {
    let path: String
    /// For metrics and logs; several documents may share one.
    let operation: String
    let contentType: String
    /// `Content-Security-Policy`; nil for the one of data.
    let contentSecurity: String?
    let body: ByteBuffer
    /// The body made shorter, once and as short as it goes; empty where that is not worth it.
    let codedBodies: [ContentCoding: ByteBuffer]

    /// Few bytes and cheap to send; a new version of the suite shows within minutes.
    let cacheControl = "public, max-age=300"
    private static let codedBytesMin = 1024

    init(_ path: String, operation: String, contentType: String, contentSecurity: String? = nil, body: [UInt8]) {
        self.path = path
        self.operation = operation
        self.contentType = contentType
        self.contentSecurity = contentSecurity
        let whole = ByteBuffer(bytes: body)
        self.body = whole
        let codings = body.count < Self.codedBytesMin ? [] : ContentCoding.allCases
        codedBodies = Dictionary(
            uniqueKeysWithValues: codings.map { ($0, ContentEncoder.encode(whole, $0, .once)) })
    }

    convenience init(_ path: String, operation: String, page: Page) {
        self.init(
            path, operation: operation, contentType: "text/html; charset=utf-8", contentSecurity: page.contentSecurity,
            body: Array(page.html.utf8))
    }
}
