internal import CNghttp2
package import NIOCore

// What a user of the session asks it to say. Nothing leaves before `fillOutput`.
extension HTTP2Session {
    /// Server: a whole answer, or with `ends: false` the start of one whose body follows by `write`.
    ///
    /// - Parameter contentLength: adds the field, without a copy of the others.
    package func respond(
        _ stream: HTTP2Stream, _ head: ResponseHead, contentLength: Int? = nil, body: ByteBuffer?, ends: Bool = true
    ) {
        guard !stream.isClosed else { return }
        stream.outboundEnded = ends
        let hasBody = !ends || (body?.readableBytes ?? 0) > 0
        if hasBody { queue(body, stream) }
        unsafe FieldVector.with(pseudoMax: 2, valueBytes: 24, head.fields) { fields in
            fields.append(":status", StatusText.of(head.status))
            if let contentLength { fields.append("content-length", String(contentLength)) }
        } submit: { fields, count in
            let result = unsafe withProvider(hasBody ? stream : nil) { provider in
                unsafe nghttp2_submit_response(handle, stream.id, fields, count, provider)
            }
            if result != 0 { reset(stream, .internalError) }
        }
    }

    /// Server: a 1xx head before the answer.
    package func respond(informational status: Int, _ stream: HTTP2Stream) {
        guard !stream.isClosed else { return }
        unsafe FieldVector.with(pseudoMax: 1, valueBytes: 3, HeaderFields()) { fields in
            fields.append(":status", StatusText.of(status))
        } submit: { fields, count in
            _ = unsafe nghttp2_submit_headers(
                handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, nil, fields, count, nil)
        }
    }

    /// Client: opens a stream. Nil when no stream id is left or the peer is going away.
    package func request(
        _ head: RequestHead, body: ByteBuffer?, ends: Bool, receiver: any HTTP2StreamReceiver
    ) -> HTTP2Stream? {
        guard !isGoingAway, !isTerminated else { return nil }
        let stream = HTTP2Stream(id: 0, receiver: receiver)
        stream.outboundEnded = ends
        let hasBody = !ends || (body?.readableBytes ?? 0) > 0
        if hasBody { queue(body, stream) }
        let method = head.method.text
        let valueBytes =
            method.utf8.count + head.scheme.utf8.count + head.path.utf8.count + head.authority.utf8.count
            + (head.connectProtocol?.utf8.count ?? 0)
        unsafe FieldVector.with(pseudoMax: 5, valueBytes: valueBytes, head.fields) { fields in
            fields.append(":method", method)
            if head.method != .connect || head.connectProtocol != nil {
                fields.append(":scheme", head.scheme)
                fields.append(":path", head.path)
            }
            fields.append(":authority", head.authority)
            if let connectProtocol = head.connectProtocol { fields.append(":protocol", connectProtocol) }
        } submit: { fields, count in
            stream.id = unsafe withProvider(hasBody ? stream : nil) { provider in
                unsafe nghttp2_submit_request(
                    handle, nil, fields, count, provider, Unmanaged.passUnretained(stream).toOpaque())
            }
        }
        guard stream.id > 0 else {
            outboundBytes -= stream.outboundBytes
            return nil
        }
        insert(stream)
        return stream
    }

    /// Queues body bytes; the caller keeps `outboundBytes` within bounds.
    package func write(_ stream: HTTP2Stream, _ bytes: ByteBuffer) {
        guard !stream.isClosed, !stream.outboundEnded else { return }
        queue(bytes, stream)
        resume(stream)
    }

    private func queue(_ bytes: ByteBuffer?, _ stream: HTTP2Stream) {
        guard let bytes else { return }
        outboundBytes += bytes.readableBytes
        stream.queue(bytes)
    }

    /// Ends our half of the stream once all that is queued has gone.
    package func finish(_ stream: HTTP2Stream, trailers: HeaderFields? = nil) {
        guard !stream.isClosed, !stream.outboundEnded else { return }
        stream.outboundEnded = true
        if let trailers, !trailers.isEmpty { stream.outboundTrailers = trailers }
        resume(stream)
    }

    /// Ends both halves at once. `provoked`: the peer broke a rule, it costs its budget.
    package func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode, provoked: Bool = false) {
        guard !stream.isClosed, !stream.isReset else { return }
        stream.isReset = true
        stream.resetByUs = !provoked
        unsafe nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
    }

    /// Gives `bytes` of the window back: the peer may send as many again.
    package func consume(_ stream: HTTP2Stream, _ bytes: Int) {
        // After the answer all that came has been given back already.
        guard !stream.isClosed, bytes > 0, stream.answeredAt == nil else { return }
        stream.unconsumedBytes -= bytes
        unsafe nghttp2_session_consume(handle, stream.id, bytes)
    }

    /// The first of two GOAWAYs (RFC 9113 section 6.8): no new stream, what is in flight may finish.
    package func submitShutdownNotice() {
        unsafe nghttp2_submit_shutdown_notice(handle)
    }

    /// GOAWAY with the last stream that was taken up; open streams go on.
    package func submitGoAway(_ code: HTTP2ErrorCode) {
        isGoingAway = true
        unsafe nghttp2_submit_goaway(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), lastProcessedStreamID, code.rawValue, nil, 0)
    }

    /// GOAWAY and no more reading: the connection closes once the output is flushed.
    package func terminate(_ code: HTTP2ErrorCode) { cutOff(code) }

    /// Server: how many streams the peer may open at once from now on; those that are open go on.
    package func limitStreams(to max: Int) {
        concurrentStreamsMax = max
        var entry = nghttp2_settings_entry(
            settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: UInt32(clamping: max))
        unsafe nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), &entry, 1)
    }

    package func submitPing() {
        unsafe nghttp2_submit_ping(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    func submit(trailers: HeaderFields, _ stream: HTTP2Stream) {
        unsafe FieldVector.with(pseudoMax: 0, valueBytes: 0, trailers) { _ in
        } submit: { fields, count in
            _ = unsafe nghttp2_submit_trailer(handle, stream.id, fields, count)
        }
    }

    private func resume(_ stream: HTTP2Stream) {
        guard stream.isDeferred else { return }
        stream.isDeferred = false
        unsafe nghttp2_session_resume_data(handle, stream.id)
    }

    /// The stream lives until it is closed, and the library asks for data only until then.
    private func withProvider(
        _ stream: HTTP2Stream?, _ submit: (UnsafePointer<nghttp2_data_provider>?) -> Int32
    ) -> Int32 {
        guard let stream else { return submit(nil) }
        var provider = unsafe nghttp2_data_provider()
        unsafe provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
        unsafe provider.read_callback = { _, _, _, max, flags, source, data in
            guard let data = unsafe data, let pointer = unsafe source?.pointee.ptr, let flags = unsafe flags else {
                return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
            }
            let session = unsafe Unmanaged<HTTP2Session>.fromOpaque(data).takeUnretainedValue()
            let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
            return unsafe session.nextData(stream, max: max, flags: flags)
        }
        return unsafe submit(&provider)
    }
}
