internal import CNghttp2
internal import Glibc
internal import NIOCore

// What the library tells while it parses: counted, judged, and passed on as events.
extension HTTP2Session {
    /// Counts frames before they are handled.
    func began(frame header: nghttp2_frame_hd) {
        framesBegun &+= 1
        unaccountedBytes -= Self.frameHeaderBytes + Int(header.length)
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue:
            let ends = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
            if mayBeTiny(header) { return }
            judge(.dataReceived(bytes: Int(header.length), endsStream: ends))
        case NGHTTP2_HEADERS.rawValue:
            continuations = 0
            if reopens(header.stream_id) { cutOff(.streamClosed) }
        case NGHTTP2_CONTINUATION.rawValue:
            continuations += 1
            if continuations > limits.continuationsMax { act(.continuations) }
        case NGHTTP2_PRIORITY.rawValue:
            // The library ignores priorities, this rule with them (RFC 9113, section 6.3).
            if header.stream_id == 0 { cutOff(.protocolError) } else { judge(.priority) }
        case NGHTTP2_RST_STREAM.rawValue:
            // Giving up a request that is answered already wastes nothing.
            if stream(header.stream_id)?.answeredAt == nil { judge(.resetReceived) }
        case NGHTTP2_SETTINGS.rawValue:
            if UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue == 0 { judge(.settings) }
        // Acknowledgements too: hardly one was asked for.
        case NGHTTP2_PING.rawValue: judge(.ping)
        case NGHTTP2_WINDOW_UPDATE.rawValue: judge(.windowUpdate)
        default: break
        }
    }

    /// Whether HEADERS come for a stream that was there, or could have been (RFC 9113, sections 5.1 and 5.1.1). The
    /// library ignores them all; only those that crossed a reset of ours on their way are to be ignored.
    private func reopens(_ id: Int32) -> Bool {
        role == .server && id <= lastOpenedStreamID && id & 1 == 1 && stream(id) == nil && !resetStreams.contains(id)
    }

    /// The library skips frames of unknown types, and DATA of streams that are over, without a word.
    func noteSkipped(_ receivedBytes: Int) {
        unaccountedBytes += receivedBytes
        guard role == .server, unaccountedBytes >= Self.frameHeaderBytes else { return }
        judge(.skipped(bytes: unaccountedBytes))
        unaccountedBytes = 0
    }

    /// Whether many small DATA frames are in the nature of the stream: messages in a tunnel, events from an upstream.
    /// Empty ones say nothing anywhere.
    private func mayBeTiny(_ header: nghttp2_frame_hd) -> Bool {
        guard header.length > 0, header.length < limits.budget.dataFrameBytesMin else { return false }
        return role == .client || stream(header.stream_id)?.isTunnel == true
    }

    func judge(_ event: FrameBudgetMachine.Event) {
        if let reason = budget.note(event, now: now) { act(reason) }
    }

    private func act(_ reason: FrameBudgetMachine.Reason) {
        guard !isTerminated else { return }
        // From here on nothing more is read.
        isTerminated = true
        isGoingAway = true
        delegate?.limitActed(reason.rawValue)
        delegate?.budgetSpent()
    }

    func beganHeaders(_ frame: UnsafePointer<nghttp2_frame>) {
        let id = unsafe frame.pointee.hd.stream_id
        if unsafe role == .server && frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
            judge(.streamOpened)
            let stream = HTTP2Stream(id: id, receiver: nil)
            lastOpenedStreamID = id
            insert(stream)
            unsafe nghttp2_session_set_stream_user_data(handle, id, Unmanaged.passUnretained(stream).toOpaque())
            headStream = stream
        } else {
            headStream = stream(id)
        }
        inbound = InboundHead()
        // A little more than what a block of this length mostly becomes.
        let length = unsafe Int(frame.pointee.hd.length)
        inbound.fields.reserve(fields: 12, bytes: min(length + 320, limits.headerBytesMax))
        if let stream = headStream, role == .server, stream.headReceived {
            // A request's trailers come out of what its head has left.
            (inbound.sizeBytes, inbound.count) = (stream.headBytes, stream.headFields)
        }
        headStartedAt = now
    }

    func stream(_ id: Int32) -> HTTP2Stream? {
        guard let data = unsafe nghttp2_session_get_stream_user_data(handle, id) else { return nil }
        let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(data).takeUnretainedValue()
        return stream.isClosed ? nil : stream
    }

    /// Adds one field to the head that is arriving. The result is for the library.
    func received(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Int32 {
        switch unsafe inbound.take(name: name, value, limits) {
        case nil: return 0
        case .tooLarge:
            delegate?.limitActed(FrameBudgetMachine.Reason.headerBytes.rawValue)
            return refuseHead(.enhanceYourCalm)
        case .malformed(let malformation):
            if let stream = headStream { blame(stream.id, malformation) }
            return refuseHead(.protocolError)
        }
    }

    func received(body bytes: UnsafeRawBufferPointer, streamID: Int32) {
        guard let stream = stream(streamID), let receiver = stream.receiver else {
            unsafe nghttp2_session_consume(handle, streamID, bytes.count)
            return
        }
        if stream.answeredAt != nil { return drop(bytes.count, of: stream) }
        stream.unconsumedBytes += bytes.count
        unsafe receiver.received(body: bytes)
    }

    /// Lets a client that reads no answer before its request is sent go on for a while. Beyond that the window stays
    /// shut: it is to stop.
    private func drop(_ count: Int, of stream: HTTP2Stream) {
        guard stream.droppedBytes + count <= limits.droppedBytesMax else {
            endDropping(stream, .earlyAnswerBytes)
            stream.unconsumedBytes += count
            return
        }
        stream.droppedBytes += count
        stream.droppedAt = now
        unsafe nghttp2_session_consume(handle, stream.id, count)
    }

    func received(frame: UnsafePointer<nghttp2_frame>) {
        let header = unsafe frame.pointee.hd
        let ends = UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            guard let stream = headStream else { return }
            headStream = nil
            receivedHead(stream, ended: ends)
            headStartedAt = nil
        case NGHTTP2_DATA.rawValue:
            if ends, let stream = stream(header.stream_id) { receivedEnd(stream) }
        case NGHTTP2_GOAWAY.rawValue:
            isGoingAway = true
            let goAway = unsafe frame.pointee.goaway
            unsafe delegate?.goAwayReceived(
                lastStreamID: goAway.last_stream_id, code: HTTP2ErrorCode(rawValue: goAway.error_code))
        case NGHTTP2_SETTINGS.rawValue:
            if UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue == 0 { delegate?.settingsReceived() }
        case NGHTTP2_PING.rawValue:
            if UInt32(header.flags) & NGHTTP2_FLAG_ACK.rawValue != 0 { delegate?.pingAcknowledged() }
        default: break
        }
    }

    private func receivedHead(_ stream: HTTP2Stream, ended: Bool) {
        var head = InboundHead()
        swap(&head, &inbound)
        if stream.headReceived {
            if let excess = head.excess {
                delegate?.limitActed(excess.rawValue)
                // Who was refused for its head already is to get that answer.
                if role == .server, stream.refusedAt == nil {
                    return reset(stream, .enhanceYourCalm, provoked: true)
                }
            } else {
                stream.receiver?.received(trailers: head.fields)
            }
        } else if role == .server {
            stream.headReceived = true
            (stream.headBytes, stream.headFields) = (head.sizeBytes, head.count)
            stream.inboundEnded = ended
            if let excess = head.excess { return refuseTooLarge(stream, excess, method: head.method) }
            delegate?.accept(stream, head: head.request(), ended: ended)
            return
        } else {
            if head.excess != nil { return reset(stream, .enhanceYourCalm) }
            let response = ResponseHead(status: head.status, fields: head.fields)
            stream.headReceived = !response.isInformational
            stream.receiver?.received(response: response, ended: ended)
        }
        if ended { receivedEnd(stream) }
    }

    private func receivedEnd(_ stream: HTTP2Stream) {
        stream.inboundEnded = true
        stream.receiver?.receivedEnd()
    }

    func streamClosed(_ id: Int32, _ code: HTTP2ErrorCode) {
        guard let stream = stream(id) else { return }
        // The library has refused the head while it arrived: nothing of it is awaited any more.
        if headStream === stream {
            headStream = nil
            headStartedAt = nil
        }
        if role == .server && code == .noError && stream.endSent && stream.refusedAt == nil { judge(.streamUseful) }
        close(stream, code)
    }
}

extension InboundHead {
    consuming func request() -> RequestHead {
        let authority = authority ?? fields.first("host") ?? ""
        return RequestHead(
            method: method ?? .get, scheme: scheme, authority: authority, path: path, fields: fields,
            connectProtocol: connectProtocol)
    }

    /// What is so wrong with a field that the stream is to be reset at once.
    enum Fault {
        case tooLarge
        case malformed(HTTP2Malformation)
    }

    /// Keeps one field, or says why not.
    mutating func take(
        name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ limits: HTTP2Limits
    ) -> Fault? {
        sizeBytes += name.count + value.count + HeaderFields.overheadBytesPerField
        count += 1
        if sizeBytes > limits.headerBytesMax || count > limits.headerFieldsMax {
            // A little over is answered 431; far over is not worth the decoding.
            if excess == nil { excess = sizeBytes > limits.headerBytesMax ? .headerBytes : .headerFields }
            return sizeBytes > 4 * limits.headerBytesMax ? .tooLarge : nil
        }
        if unsafe name.first == 0x3a {
            unsafe take(pseudo: name, value)
            return nil
        }
        // `_` would be mistaken for `-` by what maps names to variables downstream.
        if let start = name.baseAddress, unsafe memchr(start, 0x5f, name.count) != nil {
            return .malformed(.fieldName)
        }
        unsafe fields.append(name: name, value: value)
        return nil
    }

    private mutating func take(pseudo name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        // The library has checked which of them may be here, and that each is here once.
        switch unsafe (name.count, name[1]) {
        case (7, 0x6d): unsafe method = RequestMethod(value)  // :method
        case (7, 0x73) where unsafe name[2] == 0x63: scheme = unsafe Self.text(value)  // :scheme
        case (7, 0x73): status = unsafe Int(Self.text(value)) ?? 0  // :status
        case (10, _): authority = unsafe Self.text(value)  // :authority
        case (5, _): path = unsafe Self.text(value)  // :path
        case (9, _): connectProtocol = unsafe Self.text(value)  // :protocol
        default: break
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: bytes, as: UTF8.self)
    }
}
