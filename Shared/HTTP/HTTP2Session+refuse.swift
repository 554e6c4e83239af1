internal import CNghttp2
internal import NIOCore

// What of a client's frames is refused, by the library or from here, and what is told of it.
extension HTTP2Session {
    /// The library has words for what it is about to refuse; for what is good it has none.
    func complained(_ words: UnsafeRawBufferPointer) {
        if inbound.malformation == nil { inbound.malformation = unsafe HTTP2Malformation(words: words) }
    }

    /// The library refuses a field for what it is made of. The result is for the library.
    func refused(fieldNamed name: UnsafeRawBufferPointer) -> Int32 {
        inbound.malformation = unsafe HTTP2Malformation(unreadable: name)
        return refuseHead(.protocolError)
    }

    /// The library refuses a frame.
    func refused(frame: UnsafePointer<nghttp2_frame>, error: Int32) {
        let header = unsafe frame.pointee.hd
        guard role == .server, UInt32(header.type) == NGHTTP2_HEADERS.rawValue else { return }
        switch error {
        case NGHTTP2_ERR_HTTP_HEADER.rawValue: blame(header.stream_id, inbound.malformation ?? .other)
        case NGHTTP2_ERR_HTTP_MESSAGING.rawValue: blame(header.stream_id, incompleteness(header))
        default:
            // Of the rest only a stream too many is a limit.
            guard streams.count >= concurrentStreamsMax else { return }
            delegate?.limitActed(FrameBudgetMachine.Reason.streams.rawValue)
        }
    }

    /// What is wrong with a head, or with trailers, each of whose fields is good.
    private func incompleteness(_ header: nghttp2_frame_hd) -> HTTP2Malformation {
        let ends = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        if stream(header.stream_id)?.headReceived == true { return ends ? .contentLength : .trailers }
        return ends && inbound.fields.contentLength ?? 0 > 0 ? .contentLength : .pseudoField
    }

    /// Tells, once for a stream, why it is reset.
    func blame(_ id: Int32, _ malformation: HTTP2Malformation) {
        guard role == .server, let stream = stream(id), !stream.isMalformed else { return }
        stream.isMalformed = true
        delegate?.limitActed(malformation.label)
    }

    /// Resets the stream whose head is arriving. The result is for the library.
    func refuseHead(_ code: HTTP2ErrorCode) -> Int32 {
        headStartedAt = nil
        if let stream = headStream {
            unsafe nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
        }
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }

    /// 431 Request Header Fields Too Large (RFC 6585 section 5).
    func refuseTooLarge(_ stream: HTTP2Stream, _ excess: FrameBudgetMachine.Reason, method: RequestMethod?) {
        guard let delegate else { return reset(stream, .enhanceYourCalm) }
        let (head, body) = delegate.refusal(
            RefusedHead(
                status: 431, reason: excess.rawValue, label: excess.rawValue, method: method?.text,
                startedAt: headStartedAt))
        refuse(stream, head, body)
    }

    /// Server: answers a request that no handler sees. It costs the client as a provoked reset does, or a flood of such
    /// requests would be free.
    package func refuse(_ stream: HTTP2Stream, _ head: ResponseHead, _ body: [UInt8]) {
        stream.refusedAt = now
        respond(stream, head, body: ByteBuffer(bytes: body))
        judge(.resetProvoked)
    }
}
