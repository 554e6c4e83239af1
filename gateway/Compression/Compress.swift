internal import Compression
internal import HTTP
internal import NIOCore
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Which coding the body of an answer gets on its way out; nil for as it is. Changes the head accordingly.
    ///
    /// Never where somebody could measure a secret by it (BREACH): it takes an answer in which a secret stands beside
    /// what the attacker chose, and a browser that can be made to ask for it. So nothing that auth answers, nothing
    /// that is authorised by a cookie, and only what was asked for by GET.
    func compress(_ head: inout ResponseHead, _ exchange: ServerExchange, _ story: RequestStory) -> ContentCoding? {
        guard let coder, story.mayCompress, !story.isByCookie else { return nil }
        if head.status == 304 { return tellKnownTag(exchange.head.fields, &head) }
        guard coder.mayEncode(head) else { return nil }
        head.fields.append("vary", "accept-encoding")
        guard let coding = coder.coding(for: exchange.head.fields) else { return nil }
        let isWhole = head.contentLength.map { $0 <= Self.wholeBodyBytesMax } ?? false
        guard isWhole || exchange.head.method == .head || coder.hasRoomForStream else {
            observer.observe(LimitObservation(limit: "compressions", detail: story.operation, requestID: story.id))
            return nil
        }
        head.fields.append("content-encoding", coding.rawValue)
        head.fields.remove("content-length")
        if let tag = head.fields.first("etag") { head.fields.set("etag", CodedTag.adding(coding, to: tag)) }
        return coding
    }

    func encoded(_ body: ByteBuffer, _ coding: ContentCoding?) -> ByteBuffer {
        guard let coding, let coder else { return body }
        return ContentEncoder.encode(body, coding, coder.quality)
    }

    /// The body of a document in the coding that the client wants.
    func codedBody(of document: Document, _ exchange: ServerExchange, _ head: inout ResponseHead) -> ByteBuffer {
        guard let coder, !document.codedBodies.isEmpty else { return document.body }
        head.fields.append("vary", "accept-encoding")
        guard let coding = coder.coding(for: exchange.head.fields), let body = document.codedBodies[coding] else {
            return document.body
        }
        head.fields.append("content-encoding", coding.rawValue)
        return body
    }

    private func tellKnownTag(_ request: HeaderFields, _ head: inout ResponseHead) -> ContentCoding? {
        head.fields.append("vary", "accept-encoding")
        if let tag = head.fields.first("etag") {
            let known = CodedTag.known(tag, by: request)
            if known != tag { head.fields.set("etag", known) }
        }
        return nil
    }
}
