internal import CNghttp2

/// The library's own limits: a back-stop behind ours (edge.md section 2).
enum SessionOptions {
    /// The caller frees it with `nghttp2_option_del`.
    static func make(_ limits: HTTP2Limits) -> OpaquePointer? {
        var options: OpaquePointer?
        unsafe nghttp2_option_new(&options)
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        // The library counts again for each read that brings but a part of a frame's header.
        unsafe nghttp2_option_set_max_continuations(
            options, (limits.continuationsMax + 1) * HTTP2Session.frameHeaderBytes)
        unsafe nghttp2_option_set_max_settings(options, limits.settingsEntriesMax)
        unsafe nghttp2_option_set_max_outbound_ack(options, limits.queuedControlFramesMax)
        unsafe nghttp2_option_set_max_send_header_block_length(options, limits.sentHeaderBytesMax)
        unsafe nghttp2_option_set_max_deflate_dynamic_table_size(options, limits.headerTableBytesMax)
        unsafe nghttp2_option_set_peer_max_concurrent_streams(options, 100)
        unsafe nghttp2_option_set_stream_reset_rate_limit(
            options, UInt64(limits.budget.resetsMax * 2), UInt64(max(33, limits.budget.resetsMax / 8)))
        return unsafe options
    }
}

extension HTTP2Session {
    func submitFirstSettings() {
        var entries: [(Int32, Int)] = [
            (Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), limits.streamWindowBytes),
            (Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue), limits.headerBytesMax),
            (Int32(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES.rawValue), 1),
        ]
        // What the table is where nothing is said (RFC 9113, section 6.5.2).
        if limits.headerTableBytesMax != 4096 {
            entries.append((Int32(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE.rawValue), limits.headerTableBytesMax))
        }
        switch role {
        case .server:
            entries.append((Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), limits.concurrentStreamsMax))
            if limits.takesConnectProtocol {
                entries.append((Int32(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL.rawValue), 1))
            }
        case .client:
            entries.append((Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), 0))
        }
        let settings = entries.map { nghttp2_settings_entry(settings_id: $0.0, value: UInt32($0.1)) }
        unsafe nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), settings, settings.count)
        unsafe nghttp2_session_set_local_window_size(
            handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(limits.connectionWindowBytes))
    }
}
