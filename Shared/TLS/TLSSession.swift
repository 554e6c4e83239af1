internal import COpenSSL

/// What a read found.
package enum TLSRead: Hashable, Sendable {
    /// So many bytes of plaintext.
    case bytes(Int)
    /// Nothing until more ciphertext is received.
    case wantsMore
    /// The peer has sent close_notify: it will write no more.
    case closed
}

/// One end of a TLS connection as a machine: ciphertext and plaintext in, plaintext and ciphertext out, no socket.
///
/// Confined to one event loop. After every call, also one that threw, send what `takeOutput` has.
@safe package final class TLSSession {
    let context: TLSContext
    let handle: OpaquePointer
    var input = CiphertextQueue()
    private var output = CiphertextQueue()
    private var keyUpdates = 0
    private var hasRefusedRenegotiation = false
    private var failure: TLSFailure?
    private var isClosing = false

    package private(set) var isEstablished = false

    /// Set once the peer has sent close_notify.
    package private(set) var isClosedByPeer = false

    // Where a session's handle keeps the (unretained) session.
    static let exDataIndex = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, nil, nil, nil, nil)

    /// A session for one connection.
    ///
    /// - Parameter serverName: a client's must name the host or address that the server's certificate has to carry; a
    ///   server's is ignored.
    package init(context: TLSContext, serverName: String?) throws(TLSFailure) {
        OpenSSLErrors.clear()
        guard let made = unsafe SSL_new(context.handles[0]) else { throw OpenSSLErrors.configurationFailure("session") }
        self.context = context
        unsafe handle = made
        // From here on `deinit` frees the handle and with it the BIO.
        guard let bio = unsafe CiphertextBIO.make(for: self) else {
            throw OpenSSLErrors.configurationFailure("session")
        }
        unsafe SSL_set_bio(handle, bio, bio)
        let object = unsafe Unmanaged.passUnretained(self).toOpaque()
        guard unsafe SSL_set_ex_data(handle, TLSSession.exDataIndex, object) == 1 else {
            throw OpenSSLErrors.configurationFailure("session")
        }
        if context.isServer {
            unsafe SSL_set_accept_state(handle)
        } else {
            unsafe SSL_set_connect_state(handle)
            try expect(serverName)
        }
    }

    deinit {
        unsafe SSL_free(handle)
    }

    /// Takes ciphertext from the peer. The bytes are copied.
    package func receive(_ ciphertext: UnsafeRawBufferPointer) throws(TLSFailure) {
        guard input.count + ciphertext.count <= TLSLimits.inputBytesMax else {
            throw fail(TLSFailure(.limit, "more than \(TLSLimits.inputBytesMax) bytes wait to be decrypted"))
        }
        unsafe input.append(ciphertext)
    }

    /// Tells that the peer's bytes have ended; throws `truncated` unless it closed in order.
    package func receiveEnd() throws(TLSFailure) {
        if !isClosedByPeer { throw fail(TLSFailure(.truncated, "the peer's bytes ended without close_notify")) }
    }

    /// Goes on with the handshake; true once it is complete.
    package func handshake() throws(TLSFailure) -> Bool {
        try requireSound()
        if isEstablished { return true }
        OpenSSLErrors.clear()
        let result = unsafe SSL_do_handshake(handle)
        guard result == 1 else {
            try judge(result)
            return false
        }
        isEstablished = true
        return true
    }

    /// Decrypts into `buffer`, which must have room. Call it until it wants more.
    package func read(_ buffer: UnsafeMutableRawBufferPointer) throws(TLSFailure) -> TLSRead {
        try requireEstablished()
        if isClosedByPeer { return .closed }
        OpenSSLErrors.clear()
        let result = unsafe SSL_read(handle, buffer.baseAddress, Int32(clamping: buffer.count))
        try requireModesty()
        if result > 0 { return .bytes(Int(result)) }
        try judge(result)
        return isClosedByPeer ? .closed : .wantsMore
    }

    /// Encrypts all of `plaintext` into the output.
    package func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSFailure) {
        try requireEstablished()
        if isClosing { throw TLSFailure(.misuse, "write after close") }
        var rest = unsafe plaintext
        while rest.count > 0 {
            guard output.count < TLSLimits.outputBytesMax else {
                throw fail(TLSFailure(.limit, "more than \(TLSLimits.outputBytesMax) bytes wait to be sent"))
            }
            OpenSSLErrors.clear()
            let length = min(rest.count, 1 << 20)
            output.reserve(TLSLimits.ciphertextBytesMax(length))
            let result = unsafe SSL_write(handle, rest.baseAddress, Int32(length))
            guard result > 0 else {
                try judge(result)
                // The output never blocks, so the only wait would be for a renegotiation, and there is none.
                throw fail(TLSFailure(.violation, "a write waits for the peer"))
            }
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[Int(result)...])
        }
    }

    package var hasOutput: Bool { !output.isEmpty }

    /// Hands all ciphertext that waits to `body` at once and forgets it. `body` must not call the session.
    package func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        guard !output.isEmpty else { return }
        let bytes = unsafe output.bytes
        unsafe body(bytes)
        precondition(output.count == bytes.count, "the session was used while its output was taken")
        output.drop(bytes.count)
    }

    /// Queues close_notify, once. The peer's data can still be read.
    package func close() {
        guard isEstablished, failure == nil, !isClosing else { return }
        isClosing = true
        OpenSSLErrors.clear()
        unsafe SSL_shutdown(handle)
        OpenSSLErrors.clear()
    }

    /// Changes this side's key and asks the peer to change its own (RFC 8446, section 4.6.3); nothing in TLS 1.2.
    package func updateKeys() throws(TLSFailure) {
        try requireEstablished()
        guard unsafe SSL_version(handle) == TLS1_3_VERSION else { return }
        OpenSSLErrors.clear()
        guard unsafe SSL_key_update(handle, SSL_KEY_UPDATE_REQUESTED) == 1 else {
            throw TLSFailure(.misuse, OpenSSLErrors.drain().text)
        }
        let result = unsafe SSL_do_handshake(handle)
        if result != 1 { try judge(result) }
    }

    func enqueueOutput(_ ciphertext: UnsafeRawBufferPointer) {
        unsafe output.append(ciphertext)
    }

    func countKeyUpdate() {
        keyUpdates += 1
    }

    func noteRefusedRenegotiation() {
        hasRefusedRenegotiation = true
    }
}

extension TLSSession {
    /// A client's expectation of the server's name: in the hello (names only, RFC 6066) and in the certificate.
    private func expect(_ serverName: String?) throws(TLSFailure) {
        guard let serverName, !serverName.isEmpty, !serverName.utf8.contains(0) else {
            throw TLSFailure(.configuration, "a client must name its server")
        }
        guard context.checksServerName else { return }
        let parameters = unsafe SSL_get0_param(handle)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, serverName) == 1 { return }
        OpenSSLErrors.clear()
        unsafe SSL_set_hostflags(handle, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe SSL_set1_host(handle, serverName) == 1,
            unsafe causeway_SSL_set_server_name(handle, serverName) == 1
        else { throw OpenSSLErrors.configurationFailure("server name") }
    }

    private func requireSound() throws(TLSFailure) {
        if let failure { throw TLSFailure(.misuse, "the session has failed before: \(failure.detail)") }
    }

    private func requireEstablished() throws(TLSFailure) {
        try requireSound()
        if !isEstablished { throw TLSFailure(.misuse, "the handshake is not complete") }
    }

    /// What costs the peer less than us.
    private func requireModesty() throws(TLSFailure) {
        guard keyUpdates <= context.keyUpdatesMax else {
            throw fail(TLSFailure(.keyUpdates, "more than \(context.keyUpdatesMax) key updates"))
        }
        if hasRefusedRenegotiation { throw fail(TLSFailure(.renegotiation, "the client wants to negotiate anew")) }
    }

    private func fail(_ failure: TLSFailure) -> TLSFailure {
        self.failure = failure
        return failure
    }

    /// Makes of a call's result a wait (returns), an orderly close (returns, `isClosedByPeer`) or a failure (throws).
    private func judge(_ result: Int32) throws(TLSFailure) {
        switch unsafe SSL_get_error(handle, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return
        case SSL_ERROR_ZERO_RETURN:
            isClosedByPeer = true
        default:
            throw fail(explain())
        }
    }

    private func explain() -> TLSFailure {
        let (code, text) = OpenSSLErrors.drain()
        let verdict = unsafe SSL_get_verify_result(handle)
        switch Int32(truncatingIfNeeded: code & UInt(ERR_REASON_MASK)) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            let words = unsafe X509_verify_cert_error_string(verdict).map { unsafe String(cString: $0) } ?? ""
            return TLSFailure(.untrustedPeer, words)
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return TLSFailure(.untrustedPeer, "the client has no certificate")
        case SSL_R_NO_APPLICATION_PROTOCOL, SSL_AD_REASON_OFFSET + TLS1_AD_NO_APPLICATION_PROTOCOL:
            return TLSFailure(.noCommonProtocol, text)
        default:
            return TLSFailure(.violation, text)
        }
    }
}
