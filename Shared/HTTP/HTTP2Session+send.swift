internal import CNghttp2
internal import NIOCore

// What the library tells while frames leave.
extension HTTP2Session {
    func sent(frame: UnsafePointer<nghttp2_frame>) {
        let header = unsafe frame.pointee.hd
        let ends = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue:
            if !isDribbled(header) { judge(.dataSent) }
            if ends { stream(header.stream_id)?.endSent = true }
        case NGHTTP2_HEADERS.rawValue:
            if ends { stream(header.stream_id)?.endSent = true }
        case NGHTTP2_RST_STREAM.rawValue:
            let code = unsafe frame.pointee.rst_stream.error_code
            resetStreams.insert(header.stream_id)
            if role == .server, code == HTTP2ErrorCode.flowControlError.rawValue {
                delegate?.limitActed("http2-" + HTTP2ErrorCode.flowControlError.label)
            }
            let ours = stream(header.stream_id)?.resetByUs ?? false
            // Without a word the library resets only for DATA that are not as long as was announced.
            if !ours, code == HTTP2ErrorCode.protocolError.rawValue { blame(header.stream_id, .contentLength) }
            if role == .server && !ours && code != NGHTTP2_NO_ERROR.rawValue
                && code != NGHTTP2_REFUSED_STREAM.rawValue
            {
                judge(.resetProvoked)
            }
        case NGHTTP2_GOAWAY.rawValue:
            isGoingAway = true
            // What is not ended from here the library ends: a window overrun, a header table too large, a frame where
            // none may be.
            let code = unsafe HTTP2ErrorCode(rawValue: frame.pointee.goaway.error_code)
            if role == .server, !isTerminated, code != .noError { delegate?.limitActed("http2-" + code.label) }
        default: break
        }
        endRequest(after: header, ends: ends)
    }

    /// Whether a frame is tiny because the peer opens its window byte by byte (CVE-2019-9511), and not because there
    /// was no more to send: such frames earn the peer no further WINDOW_UPDATE.
    private func isDribbled(_ header: nghttp2_frame_hd) -> Bool {
        guard Int(header.length) < limits.budget.dataFrameBytesMin else { return false }
        return stream(header.stream_id)?.outboundBytes ?? 0 > 0
    }

    /// A server that has answered in full wants no more of the request (RFC 9113 section 8.1). The client gets some
    /// time to take the answer in first: some drop it when the reset comes while they still send, and some do not look
    /// before they have sent all.
    private func endRequest(after header: nghttp2_frame_hd, ends: Bool) {
        guard role == .server, ends, let stream = stream(header.stream_id), !stream.inboundEnded else { return }
        // Of a tunnel one half may end before the other.
        if stream.isTunnel { return }
        stream.answeredAt = now
        stream.droppedAt = now
        let unread = stream.unconsumedBytes
        stream.unconsumedBytes = 0
        if unread > 0 { unsafe nghttp2_session_consume(handle, stream.id, unread) }
    }

    /// Resets, with NO_ERROR, streams that were answered and whose client sends for too long, or no more; and those
    /// that were refused and whose client does not take the answer.
    package func resetAnswered(now: UInt64) {
        for stream in streams {
            if let refusedAt = stream.refusedAt, stream.answeredAt == nil,
                now &- refusedAt >= limits.droppedTotal.nanosecondsClamped, !stream.isReset
            {
                endDropping(stream, .earlyAnswerTime)
                reset(stream, .cancel)
            }
            guard let answeredAt = stream.answeredAt, !stream.isReset else { continue }
            let isSilent = now &- stream.droppedAt >= limits.droppedIdle.nanosecondsClamped
            guard isSilent || now &- answeredAt >= limits.droppedTotal.nanosecondsClamped else { continue }
            endDropping(stream, isSilent ? .earlyAnswerIdle : .earlyAnswerTime)
            reset(stream, .noError)
        }
    }

    /// Tells, once for a stream, why its client is stopped after its answer.
    func endDropping(_ stream: HTTP2Stream, _ reason: FrameBudgetMachine.Reason) {
        guard role == .server, !stream.dropsNoMore else { return }
        stream.dropsNoMore = true
        delegate?.limitActed(reason.rawValue)
    }

    /// A request that could not leave (GOAWAY came first) did no work.
    func couldNotSend(frame: UnsafePointer<nghttp2_frame>) {
        let header = unsafe frame.pointee.hd
        guard UInt32(header.type) == NGHTTP2_HEADERS.rawValue else { return }
        guard let stream = stream(header.stream_id) ?? streams.first(where: { $0.id == header.stream_id }) else {
            return
        }
        if role == .client && !stream.headReceived {
            close(stream, .refusedStream)
        } else {
            reset(stream, .internalError)
        }
    }

    /// Writes one DATA frame, header and payload, to the output.
    func sendData(_ stream: HTTP2Stream, header: UnsafeRawBufferPointer, _ count: Int) -> Int32 {
        unsafe output.writeBytes(header)
        if count > 0, var queued = stream.outbound.take() {
            unsafe queued.readWithUnsafeReadableBytes { bytes in
                unsafe output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
            }
            if queued.readableBytes > 0 { stream.outbound = queued }
            stream.sentBytes += UInt64(count)
            sentBytes += UInt64(count)
            outboundBytes -= count
        }
        if stream.writerWaits && stream.outboundBytes <= HTTP2Stream.lowWaterBytes {
            stream.writerWaits = false
            stream.receiver?.outboundDrained()
        }
        return output.readableBytes >= outputBytesMax ? NGHTTP2_ERR_PAUSE.rawValue : 0
    }

    /// How much of the stream's queue goes into the next DATA frame.
    func nextData(_ stream: HTTP2Stream, max: Int, flags: UnsafeMutablePointer<UInt32>) -> Int {
        let queued = stream.outboundBytes
        if queued == 0 && !stream.outboundEnded {
            stream.isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        let count = min(queued, max)
        var flag = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
        if stream.outboundEnded && count == queued {
            flag |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if let trailers = stream.outboundTrailers.take() {
                flag |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                submit(trailers: trailers, stream)
            }
        }
        unsafe flags.pointee |= flag
        return count
    }
}

extension Optional {
    /// Takes the value out, leaving nil, so that its storage has one owner.
    mutating func take() -> Wrapped? {
        let value = consume self
        self = nil
        return value
    }
}
