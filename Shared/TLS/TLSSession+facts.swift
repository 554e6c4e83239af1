internal import COpenSSL
internal import Primitives

extension TLSSession {
    /// The protocol that ALPN chose; nil where the client offered none, which for HTTP means `http/1.1`.
    package var negotiatedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(handle, &name, &length)
        guard let name = unsafe name, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// `TLSv1.3` or `TLSv1.2`.
    package var version: String {
        unsafe SSL_get_version(handle).map { unsafe String(cString: $0) } ?? ""
    }

    /// OpenSSL's name of the cipher suite, empty before the handshake.
    package var cipher: String {
        guard let suite = unsafe SSL_get_current_cipher(handle) else { return "" }
        return unsafe SSL_CIPHER_get_name(suite).map { unsafe String(cString: $0) } ?? ""
    }

    /// The host name in the client's hello.
    package var serverName: String? {
        unsafe SSL_get_servername(handle, TLSEXT_NAMETYPE_host_name).map { unsafe String(cString: $0) }
    }

    /// The peer's own certificate in DER, verified; nil where it showed none.
    package var peerCertificate: [UInt8]? {
        guard let certificate = unsafe SSL_get1_peer_certificate(handle) else { return nil }
        defer { unsafe X509_free(certificate) }
        let length = unsafe i2d_X509(certificate, nil)
        guard length > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            var target = buffer.baseAddress
            count = Int(max(0, unsafe i2d_X509(certificate, &target)))
        }
    }

    /// Whether something has been received that no `read` has looked at; without it, a read would only want more.
    package var hasInput: Bool { unsafe !input.isEmpty || SSL_has_pending(handle) == 1 }

    /// Whether the session was resumed by a ticket.
    package var isResumed: Bool { unsafe SSL_session_reused(handle) == 1 }

    /// Who the peer's verified certificate says it is; nil where it showed none.
    package var peerIdentity: TLSPeerIdentity? {
        guard let certificate = unsafe SSL_get1_peer_certificate(handle) else { return nil }
        defer { unsafe X509_free(certificate) }
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe X509_digest(certificate, EVP_sha256(), &digest, nil) == 1,
            let bio = try? unsafe X509Chain.memoryBIO([])
        else { return nil }
        defer { unsafe BIO_free(bio) }
        _ = unsafe X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, causeway_NAME_FORM)
        var subject = [UInt8](repeating: 0, count: TLSLimits.subjectBytesMax)
        let count = unsafe BIO_read(bio, &subject, Int32(subject.count))
        OpenSSLErrors.clear()
        return TLSPeerIdentity(
            subject: String(decoding: subject.prefix(Int(max(0, count))), as: UTF8.self),
            fingerprint: Hex.encode(digest))
    }
}
