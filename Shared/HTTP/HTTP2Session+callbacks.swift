internal import CNghttp2
internal import NIOCore

/// The library's callbacks, built once: they recover the session from the user data and call its methods.
@safe
struct SessionCallbacks: @unchecked Sendable {
    // The pointer is written once and the library only copies from what it points to.
    let handle: OpaquePointer?

    static let shared = SessionCallbacks()

    private init() {
        var callbacks: OpaquePointer?
        unsafe nghttp2_session_callbacks_new(&callbacks)
        unsafe Self.setReceiving(callbacks)
        unsafe Self.setSending(callbacks)
        unsafe handle = callbacks
    }

    private static func setReceiving(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, data in
            guard let header = unsafe header?.pointee else { return 0 }
            unsafe session(data)?.began(frame: header)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame, let session = unsafe session(data) else { return 0 }
            unsafe session.beganHeaders(frame)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameBytes, value, valueBytes, _, data in
            guard let session = unsafe session(data) else { return 0 }
            return unsafe session.received(
                name: UnsafeRawBufferPointer(start: name, count: nameBytes),
                value: UnsafeRawBufferPointer(start: value, count: valueBytes))
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) { _, _, _, _, _, _, _, data in
            unsafe session(data)?.refuseHead(.protocolError) ?? 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame, let session = unsafe session(data) else { return 0 }
            unsafe session.received(frame: frame)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, bytes, count, data in
            unsafe session(data)?.received(
                body: UnsafeRawBufferPointer(start: bytes, count: count), streamID: id)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, data in
            unsafe session(data)?.streamClosed(id, HTTP2ErrorCode(rawValue: code))
            return 0
        }
    }

    private static func setSending(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame, let session = unsafe session(data) else { return 0 }
            unsafe session.sent(frame: frame)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, data in
            guard let frame = unsafe frame, let session = unsafe session(data) else { return 0 }
            unsafe session.couldNotSend(frame: frame)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, _, header, count, source, data in
            guard let header = unsafe header, let source = unsafe source?.pointee.ptr,
                let session = unsafe session(data)
            else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
            let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(source).takeUnretainedValue()
            return unsafe session.sendData(stream, header: UnsafeRawBufferPointer(start: header, count: 9), count)
        }
    }
}

private func session(_ data: UnsafeMutableRawPointer?) -> HTTP2Session? {
    guard let data = unsafe data else { return nil }
    return unsafe Unmanaged<HTTP2Session>.fromOpaque(data).takeUnretainedValue()
}
