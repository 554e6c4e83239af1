internal import CNghttp2
package import NIOCore

/// One HTTP/2 connection without a socket: bytes in, bytes out, events to a delegate (RFC 9113).
///
/// Wraps one `nghttp2_session`. Loop-confined, never shared; no C type leaves this file's module. Flow
/// control is by hand: the peer may send more only after `consume`.
@safe
package final class HTTP2Session {
    package enum Role: Sendable { case client, server }

    /// Of a client's preface and of each frame's header (RFC 9113, sections 3.4 and 4.1).
    private static let prefaceBytes = 24
    static let frameHeaderBytes = 9

    package let role: Role
    package let limits: HTTP2Limits
    /// Owns the session and so outlives it. Not `weak`: that would put every count of its references on a slow path.
    package unowned var delegate: (any HTTP2SessionDelegate)?
    /// Open streams, in no order.
    package private(set) var streams: [HTTP2Stream] = []
    /// The peer is to be cut off: flush what is there, then close.
    package internal(set) var isTerminated = false
    /// Server: streams that the peer was told it may open at once.
    package internal(set) var concurrentStreamsMax: Int
    /// GOAWAY went out or came in: no new stream.
    package internal(set) var isGoingAway = false

    let handle: OpaquePointer
    var cutter: FrameCutter
    var recentString = RecentString()
    var budget: FrameBudgetMachine
    /// Monotonic nanoseconds of the current `receive` or `fillOutput`.
    var now: UInt64 = 0
    /// The stream whose header block is arriving; blocks are never interleaved.
    var headStream: HTTP2Stream?
    var inbound = InboundHead()
    /// When the head that is arriving began; nil when none is.
    package internal(set) var headStartedAt: UInt64?
    var continuations = 0
    /// Frames that have begun, wrapping round: what comes without one is no sign of life.
    package internal(set) var framesBegun: UInt32 = 0
    /// Bytes received less those of frames that began: what is left over the header of a frame was skipped.
    var unaccountedBytes = 0
    /// The largest stream that the client has opened.
    var lastOpenedStreamID: Int32 = 0
    /// Streams that were reset from this side, which the client may not have heard of yet.
    var resetStreams = RecentStreams()
    /// Body bytes that wait to be sent, of all streams.
    package internal(set) var outboundBytes = 0
    /// Body bytes that were sent, of all streams there ever were.
    package internal(set) var sentBytes: UInt64 = 0
    /// Where frames are being written to; empty outside of `fillOutput`.
    var output = ByteBuffer()
    var outputBytesMax = 0

    package init(role: Role, limits: HTTP2Limits) {
        self.role = role
        self.limits = limits
        let prefaceBytes = role == .server ? Self.prefaceBytes : 0
        unaccountedBytes = -prefaceBytes
        cutter = FrameCutter(prefaceBytes: prefaceBytes)
        concurrentStreamsMax = limits.concurrentStreamsMax
        budget = FrameBudgetMachine(limits.budget)
        let options = unsafe SessionOptions.make(limits)
        var created: OpaquePointer?
        let result =
            switch role {
            case .server:
                unsafe nghttp2_session_server_new2(&created, SessionCallbacks.shared.handle, nil, options)
            case .client:
                unsafe nghttp2_session_client_new2(&created, SessionCallbacks.shared.handle, nil, options)
            }
        unsafe nghttp2_option_del(options)
        guard result == 0, let created = unsafe created else { fatalError("nghttp2: out of memory") }
        unsafe handle = created
        unsafe nghttp2_session_set_user_data(handle, Unmanaged.passUnretained(self).toOpaque())
        submitFirstSettings()
    }

    deinit {
        unsafe nghttp2_session_del(handle)
    }

    /// Feeds bytes from the peer; events fire from within.
    package func receive(_ bytes: UnsafeRawBufferPointer, now: UInt64) throws(HTTP2Failure) {
        guard !isTerminated else { return }
        self.now = now
        let result = unsafe feed(bytes)
        if result < 0 {
            isTerminated = true
            if result == Int(NGHTTP2_ERR_FLOODED.rawValue) {
                delegate?.limitActed(FrameBudgetMachine.Reason.controlFrames.rawValue)
            }
            throw result == Int(NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue) ? .notHTTP2 : .fatal(result)
        }
        noteSkipped(result)
    }

    /// Appends frames to `buffer` until nothing is left to say or it holds `bytesMax`.
    package func fillOutput(_ buffer: inout ByteBuffer, bytesMax: Int, now: UInt64) throws(HTTP2Failure) {
        self.now = now
        swap(&output, &buffer)
        outputBytesMax = bytesMax
        defer { swap(&output, &buffer) }
        while output.readableBytes < bytesMax {
            var data: UnsafePointer<UInt8>?
            let count = unsafe nghttp2_session_mem_send(handle, &data)
            if count < 0 {
                isTerminated = true
                throw .fatal(count)
            }
            // DATA frames do not pass here: the send-data callback writes them, and pauses at `outputBytesMax`.
            guard count > 0, let start = unsafe data else { return }
            unsafe output.writeBytes(UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    /// Keeps nothing of earlier requests' fields, but what HPACK's tables have to.
    package func forgetStrings() { recentString = RecentString() }

    /// Whether frames wait to be sent (flow control permitting).
    package var wantsWrite: Bool { unsafe nghttp2_session_want_write(handle) != 0 }

    /// Whether the peer has opened no window for more of the stream's body.
    package func isWindowShut(_ stream: HTTP2Stream) -> Bool {
        unsafe nghttp2_session_get_stream_remote_window_size(handle, stream.id) <= 0
    }

    /// Whether the peer has opened no window for more of any body.
    package var isWindowShut: Bool { unsafe nghttp2_session_get_remote_window_size(handle) <= 0 }

    /// Neither side has anything left to say.
    package var isFinished: Bool {
        unsafe nghttp2_session_want_read(handle) == 0 && nghttp2_session_want_write(handle) == 0
    }

    /// Client: streams that may be opened at once, as the peer last said.
    package var peerConcurrentStreamsMax: Int {
        unsafe Int(nghttp2_session_get_remote_settings(handle, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// Client: whether the peer takes extended CONNECT (RFC 8441, section 3).
    package var peerTakesConnectProtocol: Bool {
        unsafe nghttp2_session_get_remote_settings(handle, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1
    }

    /// Last stream of the peer that was handed to the delegate.
    package var lastProcessedStreamID: Int32 {
        unsafe nghttp2_session_get_last_proc_stream_id(handle)
    }

    /// Closes every stream towards its receiver: the connection is gone.
    package func connectionLost(_ code: HTTP2ErrorCode) {
        isTerminated = true
        for stream in streams { close(stream, code) }
    }

    func cutOff(_ code: HTTP2ErrorCode) {
        isTerminated = true
        isGoingAway = true
        unsafe nghttp2_session_terminate_session(handle, code.rawValue)
    }

    func insert(_ stream: HTTP2Stream) {
        stream.slot = streams.count
        streams.append(stream)
    }

    /// Takes the stream out and tells its receiver; the last event of a stream.
    func close(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        guard !stream.isClosed else { return }
        stream.isClosed = true
        if stream.unconsumedBytes > 0 {
            unsafe nghttp2_session_consume_connection(handle, stream.unconsumedBytes)
            stream.unconsumedBytes = 0
        }
        if headStream === stream { headStream = nil }
        // The library may name the stream again, after it was let go here (a request that could not leave).
        unsafe nghttp2_session_set_stream_user_data(handle, stream.id, nil)
        let last = streams.removeLast()
        if last !== stream {
            streams[stream.slot] = last
            last.slot = stream.slot
        }
        let receiver = stream.receiver
        stream.receiver = nil
        outboundBytes -= stream.outboundBytes
        stream.outbound = nil
        receiver?.closed(code)
        delegate?.streamClosed()
    }
}
