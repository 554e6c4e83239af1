internal import CNghttp2
internal import NIOCore

/// The library's callbacks, built once: they recover the session from the user data and call its methods.
// @unchecked: the pointer is written once and the library only copies from what it points to.
@safe
struct SessionCallbacks: @unchecked Sendable {
    let handle: OpaquePointer?

    static let shared = SessionCallbacks()

    private init() {
        var callbacks: OpaquePointer?
        unsafe nghttp2_session_callbacks_new(&callbacks)
        unsafe Self.setReceiving(callbacks)
        unsafe Self.setRefusing(callbacks)
        unsafe Self.setSending(callbacks)
        unsafe handle = callbacks
    }

    private static func setReceiving(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, data in
            guard let header = unsafe header?.pointee else { return 0 }
            return unsafe withSession(data) { $0.began(frame: header) }
        }
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame else { return 0 }
            return unsafe withSession(data) { unsafe $0.beganHeaders(frame) }
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, _, name, nameBytes, value, valueBytes, _, data in
            unsafe withSession(data) {
                unsafe $0.received(
                    name: UnsafeRawBufferPointer(start: name, count: nameBytes),
                    value: UnsafeRawBufferPointer(start: value, count: valueBytes))
            }
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
            _, _, name, nameBytes, _, _, _, data in
            unsafe withSession(data) {
                unsafe $0.refused(fieldNamed: UnsafeRawBufferPointer(start: name, count: nameBytes))
            }
        }
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame else { return 0 }
            return unsafe withSession(data) { unsafe $0.received(frame: frame) }
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, id, bytes, count, data in
            unsafe withSession(data) {
                unsafe $0.received(body: UnsafeRawBufferPointer(start: bytes, count: count), streamID: id)
            }
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, id, code, data in
            unsafe withSession(data) { $0.streamClosed(id, HTTP2ErrorCode(rawValue: code)) }
        }
    }

    private static func setRefusing(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, frame, error, data in
            guard let frame = unsafe frame else { return 0 }
            return unsafe withSession(data) { unsafe $0.refused(frame: frame, error: error) }
        }
        unsafe nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, words, count, data in
            unsafe withSession(data) { unsafe $0.complained(UnsafeRawBufferPointer(start: words, count: count)) }
        }
    }

    private static func setSending(_ callbacks: OpaquePointer?) {
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, data in
            guard let frame = unsafe frame else { return 0 }
            return unsafe withSession(data) { unsafe $0.sent(frame: frame) }
        }
        unsafe nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, data in
            guard let frame = unsafe frame else { return 0 }
            return unsafe withSession(data) { unsafe $0.couldNotSend(frame: frame) }
        }
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks) { _, _, header, count, source, data in
            guard let header = unsafe header, let source = unsafe source?.pointee.ptr else {
                return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
            }
            let stream = unsafe Unmanaged<HTTP2Stream>.fromOpaque(source).takeUnretainedValue()
            return unsafe withSession(data) {
                unsafe $0.sendData(stream, header: UnsafeRawBufferPointer(start: header, count: 9), count)
            }
        }
    }
}

/// Recovers the session without counting a reference: whoever called into the library holds it.
private func withSession(_ data: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Int32) -> Int32 {
    guard let data = unsafe data else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    return unsafe Unmanaged<HTTP2Session>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
}

private func withSession(_ data: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Void) -> Int32 {
    unsafe withSession(data) { session -> Int32 in
        body(session)
        return 0
    }
}
