internal import COpenSSL

extension TLSContext {
    /// The context outlives its sessions, which hold it: an unretained pointer to it is enough.
    func installServerCallbacks(on handle: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe causeway_SSL_CTX_set_servername_callback(handle, chooseCertificate, context)
        if !alpn.isEmpty { unsafe SSL_CTX_set_alpn_select_cb(handle, chooseProtocol, context) }
        unsafe SSL_CTX_set_info_callback(handle, countRequests)
        unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(handle, handleTicket)
    }
}

/// The server-name callback: switches the session to the certificate for the name that the client asked for.
private func chooseCertificate(
    session: OpaquePointer?, alert: UnsafeMutablePointer<Int32>?, argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument = unsafe argument else { return SSL_TLSEXT_ERR_NOACK }
    let context = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
    guard let text = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name),
        let index = unsafe context.names.certificate(for: String(cString: text))
    else { return SSL_TLSEXT_ERR_NOACK }
    guard unsafe SSL_set_SSL_CTX(session, context.handles[index]) != nil else { return SSL_TLSEXT_ERR_ALERT_FATAL }
    return SSL_TLSEXT_ERR_OK
}

/// The ALPN callback: the server's most preferred protocol among the client's (RFC 7301, section 3.2).
private func chooseProtocol(
    session: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenLength: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredLength: UInt32,
    argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument = unsafe argument, let chosen = unsafe chosen, let chosenLength = unsafe chosenLength else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    let context = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    for name in context.alpn {
        var at = 0
        while at < list.count {
            let start = at + 1
            let end = unsafe start + Int(list[at])
            guard end <= list.count else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            if unsafe list[start..<end].elementsEqual(name) {
                // The choice points into the client's hello, which OpenSSL copies it from at once.
                unsafe chosen.pointee = list.baseAddress.map { unsafe $0 + start }
                unsafe chosenLength.pointee = UInt8(name.count)
                return SSL_TLSEXT_ERR_OK
            }
            at = end
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL
}

/// The info callback: called only as the handshake machine moves or an alert is sent, so not for application data.
func countRequests(session: OpaquePointer?, place: Int32, value: Int32) {
    if place & SSL_CB_LOOP != 0 {
        let state = unsafe SSL_get_state(session)
        guard state == TLS_ST_SR_KEY_UPDATE || state == TLS_ST_CR_KEY_UPDATE else { return }
        unsafe TLSSession.of(session)?.countKeyUpdate()
    } else if place & SSL_CB_WRITE_ALERT == SSL_CB_WRITE_ALERT, value & 0xff == SSL_AD_NO_RENEGOTIATION {
        unsafe TLSSession.of(session)?.noteRefusedRenegotiation()
    }
}

/// The ticket callback: makes cipher and MAC ready to seal or open one.
///
/// - Returns: 1 for done, 2 for done and to be replaced by a new one, 0 for a ticket that nothing here opens, which
///   makes the handshake a full one, and -1 for a fault.
private func handleTicket(
    session: OpaquePointer?, name: UnsafeMutablePointer<UInt8>?, vector: UnsafeMutablePointer<UInt8>?,
    cipher: OpaquePointer?, mac: OpaquePointer?, isSealing: Int32
) -> Int32 {
    guard let context = unsafe TLSSession.of(session)?.context, let name = unsafe name, let vector = unsafe vector
    else { return -1 }
    guard isSealing == 0 else {
        guard unsafe RAND_bytes(vector, 16) == 1, let key = context.tickets.sealing() else { return -1 }
        for (index, byte) in key.name.enumerated() { unsafe name[index] = byte }
        return unsafe causeway_ticket_begin(cipher, mac, key.cipher, key.mac, vector, 1) == 1 ? 1 : -1
    }
    let wanted = unsafe Array(UnsafeBufferPointer(start: name, count: TicketKeys.nameBytes))
    guard let (key, isOld) = context.tickets.opening(wanted) else { return 0 }
    guard unsafe causeway_ticket_begin(cipher, mac, key.cipher, key.mac, vector, 0) == 1 else { return -1 }
    // Where clients show certificates, no chain of tickets outlives the look at them. Elsewhere a ticket of TLS 1.3,
    // which serves once, is followed by the next.
    guard !context.asksClients else { return 1 }
    return unsafe isOld || SSL_version(session) == TLS1_3_VERSION ? 2 : 1
}

extension TLSSession {
    /// The session that owns a handle.
    fileprivate static func of(_ handle: OpaquePointer?) -> TLSSession? {
        guard let object = unsafe SSL_get_ex_data(handle, exDataIndex) else { return nil }
        return unsafe Unmanaged<TLSSession>.fromOpaque(object).takeUnretainedValue()
    }
}
