internal import COpenSSL

extension TLSContext {
    /// TLS 1.2: ephemeral ECDH with AES-GCM or ChaCha20-Poly1305 (RFC 9325, section 4.2), the fastest first.
    private static let suitesOf12 = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    ].joined(separator: ":")

    private static let suitesOf13 = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"

    private static let groups = "X25519:P-256"

    /// One SSL_CTX with the house's settings and, where given, a certificate.
    static func make(
        isServer: Bool, certificate: TLSCertificate?, versions: ClosedRange<TLSVersion>
    ) throws(TLSFailure) -> OpaquePointer {
        OpenSSLErrors.clear()
        guard let handle = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw OpenSSLErrors.configurationFailure("no context")
        }
        do throws(TLSFailure) {
            try unsafe configure(handle, isServer: isServer, versions: versions)
            if let certificate { try unsafe use(certificate, on: handle) }
        } catch {
            unsafe SSL_CTX_free(handle)
            throw error
        }
        return unsafe handle
    }

    private static func configure(
        _ handle: OpaquePointer, isServer: Bool, versions: ClosedRange<TLSVersion>
    ) throws(TLSFailure) {
        let (lowest, highest) = (versions.lowerBound.code, versions.upperBound.code)
        guard unsafe causeway_SSL_CTX_set_versions(handle, lowest, highest) == 1 else {
            throw OpenSSLErrors.configurationFailure("versions")
        }
        guard unsafe SSL_CTX_set_cipher_list(handle, suitesOf12) == 1,
            unsafe SSL_CTX_set_ciphersuites(handle, suitesOf13) == 1,
            unsafe causeway_SSL_CTX_set1_groups_list(handle, groups) == 1
        else { throw OpenSSLErrors.configurationFailure("cipher suites") }
        unsafe SSL_CTX_set_options(handle, causeway_SSL_OPTIONS)
        unsafe causeway_SSL_CTX_set_mode(handle, causeway_SSL_MODES)
        // Sessions live in tickets that clients keep, never in a cache here.
        unsafe causeway_SSL_CTX_disable_session_cache(handle)
        guard unsafe SSL_CTX_set_max_early_data(handle, 0) == 1 else {
            throw OpenSSLErrors.configurationFailure("early data")
        }
        if isServer {
            guard unsafe SSL_CTX_set_num_tickets(handle, TLSLimits.ticketsPerSession) == 1 else {
                throw OpenSSLErrors.configurationFailure("tickets")
            }
        }
    }

    private static func use(_ certificate: TLSCertificate, on handle: OpaquePointer) throws(TLSFailure) {
        guard unsafe SSL_CTX_use_certificate(handle, certificate.chain.leaf) == 1 else {
            throw OpenSSLErrors.configurationFailure("certificate")
        }
        let issuers = unsafe certificate.chain.certificates.dropFirst()
        for index in unsafe issuers.indices {
            let issuer = unsafe issuers[index]
            guard unsafe causeway_SSL_CTX_add1_chain_cert(handle, issuer) == 1 else {
                throw OpenSSLErrors.configurationFailure("certificate chain")
            }
        }
        guard unsafe SSL_CTX_use_PrivateKey(handle, certificate.key.handle) == 1 else {
            throw OpenSSLErrors.configurationFailure("private key")
        }
    }

    func believe(_ trust: TLSTrust, on handle: OpaquePointer) throws(TLSFailure) {
        OpenSSLErrors.clear()
        switch trust {
        case .system:
            guard unsafe SSL_CTX_set_default_verify_paths(handle) == 1 else {
                throw OpenSSLErrors.configurationFailure("the system's certificate authorities")
            }
        case .pem(let bytes):
            let authorities = try X509Chain(pem: bytes, countMax: TLSLimits.trustedCertificatesMax)
            let store = unsafe SSL_CTX_get_cert_store(handle)
            let trusted = unsafe authorities.certificates
            for index in unsafe trusted.indices {
                let authority = unsafe trusted[index]
                guard unsafe X509_STORE_add_cert(store, authority) == 1 else {
                    throw OpenSSLErrors.configurationFailure("a trusted certificate")
                }
                // Told to clients, so that those with several certificates know which one is meant.
                guard unsafe !isServer || SSL_CTX_add_client_CA(handle, authority) == 1 else {
                    throw OpenSSLErrors.configurationFailure("the name of an authority")
                }
            }
        }
    }

    func authenticateClients(_ clients: TLSClientAuthentication, on handle: OpaquePointer) throws(TLSFailure) {
        switch clients {
        case .none:
            unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_NONE, nil)
        case .optional(let trust):
            try unsafe believe(trust, on: handle)
            unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
        case .required(let trust):
            try unsafe believe(trust, on: handle)
            unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        // A resumed session brings the verdict on its client along. It must have been given by the same authorities,
        // also where they changed in a reload (SSL_CTX_set_session_id_context).
        let name = try clients.digest
        guard unsafe SSL_CTX_set_session_id_context(handle, name, UInt32(name.count)) == 1 else {
            throw OpenSSLErrors.configurationFailure("session name")
        }
    }

    /// Each name with its length before it (RFC 7301, section 3.1).
    func offerProtocols(on handle: OpaquePointer) throws(TLSFailure) {
        guard !alpn.isEmpty else { return }
        let list = alpn.flatMap { [UInt8($0.count)] + $0 }
        // Unlike its neighbours this call returns 0 for success.
        guard unsafe SSL_CTX_set_alpn_protos(handle, list, UInt32(list.count)) == 0 else {
            throw OpenSSLErrors.configurationFailure("protocols")
        }
    }
}

extension TLSVersion {
    fileprivate var code: Int32 {
        switch self {
        case .v12: TLS1_2_VERSION
        case .v13: TLS1_3_VERSION
        }
    }
}

extension TLSClientAuthentication {
    /// 32 bytes that differ where the rule or its authorities do.
    fileprivate var digest: [UInt8] {
        get throws(TLSFailure) {
            let text: [UInt8] =
                switch self {
                case .none: [0]
                case .optional(.system): [1]
                case .required(.system): [2]
                case .optional(.pem(let bytes)): [3] + bytes
                case .required(.pem(let bytes)): [4] + bytes
                }
            var digest = [UInt8](repeating: 0, count: 32)
            guard unsafe EVP_Digest(text, text.count, &digest, nil, EVP_sha256(), nil) == 1 else {
                throw OpenSSLErrors.configurationFailure("digest")
            }
            return digest
        }
    }
}
