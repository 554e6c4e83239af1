internal import COpenSSL
internal import Glibc
package import Primitives

/// A self-signed certificate for one machine's development: the leaf is its own root, so that trusting the file trusts
/// nothing else (it may sign no other certificate).
package struct DevelopmentCertificate: Sendable {
    /// Also the file to trust: `curl --cacert`.
    package let certificatePEM: [UInt8]
    package let keyPEM: Secret<[UInt8]>

    /// What it calls its owner, by which it is known again.
    static let commonName = "Causeway development"

    /// A P-256 key and a certificate for `names`, which are host names or addresses.
    ///
    /// The shape is RFC 5280's for a server: subject alternative names, `serverAuth`, no authority over others. Some
    /// clients refuse more than 825 days.
    package static func make(names: [String], validDays: Int) throws(TLSFailure) -> DevelopmentCertificate {
        guard !names.isEmpty, (1...825).contains(validDays) else {
            throw TLSFailure(.configuration, "a certificate needs names and 1 to 825 days")
        }
        OpenSSLErrors.clear()
        guard let made = unsafe causeway_EVP_PKEY_make_p256() else { throw OpenSSLErrors.configurationFailure("key") }
        let key = unsafe PrivateKey(owning: made)
        guard let certificate = unsafe X509_new() else { throw OpenSSLErrors.configurationFailure("certificate") }
        defer { unsafe X509_free(certificate) }
        try unsafe fill(certificate, key: key, validDays: validDays)
        try unsafe extend(certificate, names: names)
        guard unsafe X509_sign(certificate, key.handle, EVP_sha256()) > 0 else {
            throw OpenSSLErrors.configurationFailure("signature")
        }
        let certificatePEM = try unsafe pem { bio in unsafe PEM_write_bio_X509(bio, certificate) }
        let keyPEM = try unsafe pem { bio in
            unsafe PEM_write_bio_PrivateKey(bio, key.handle, nil, nil, 0, nil, nil)
        }
        return DevelopmentCertificate(certificatePEM: certificatePEM, keyPEM: Secret(keyPEM))
    }

    private static func fill(_ certificate: OpaquePointer, key: PrivateKey, validDays: Int) throws(TLSFailure) {
        var generator = SystemRandomNumberGenerator()
        // Version 3 is written 2. The serial number is positive and has at least 64 random bits. A minute of slack
        // serves clients whose clock is behind.
        let serial = (generator.next() as UInt64) >> 1 | 1
        let name = unsafe X509_get_subject_name(certificate)
        let commonName = Array(Self.commonName.utf8)
        guard unsafe X509_set_version(certificate, 2) == 1,
            unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -60) != nil,
            unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), validDays * 86_400) != nil,
            unsafe X509_NAME_add_entry_by_txt(
                name, "CN", MBSTRING_UTF8, commonName, Int32(commonName.count), -1, 0) == 1,
            unsafe X509_set_issuer_name(certificate, name) == 1,
            unsafe X509_set_pubkey(certificate, key.handle) == 1
        else { throw OpenSSLErrors.configurationFailure("certificate") }
    }

    private static func extend(_ certificate: OpaquePointer, names: [String]) throws(TLSFailure) {
        let alternatives = try names.map { name throws(TLSFailure) -> String in
            // The text goes into OpenSSL's own list syntax.
            guard name.utf8.allSatisfy({ isNameByte($0) }) else {
                throw TLSFailure(.configuration, "not a host name or address: \(name)")
            }
            return isAddress(name) ? "IP:\(name)" : "DNS:\(name)"
        }
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid"),
            (NID_subject_alt_name, alternatives.joined(separator: ",")),
        ]
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        for (kind, value) in extensions {
            guard let made = unsafe X509V3_EXT_conf_nid(nil, &context, kind, value) else {
                throw OpenSSLErrors.configurationFailure("certificate extension")
            }
            defer { unsafe X509_EXTENSION_free(made) }
            guard unsafe X509_add_ext(certificate, made, -1) == 1 else {
                throw OpenSSLErrors.configurationFailure("certificate extension")
            }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
            UInt8(ascii: "*"):
            true
        default: false
        }
    }

    private static func isAddress(_ name: String) -> Bool {
        guard let address = unsafe a2i_IPADDRESS(name) else { return false }
        unsafe ASN1_OCTET_STRING_free(address)
        return true
    }

    private static func pem(_ write: (OpaquePointer) -> Int32) throws(TLSFailure) -> [UInt8] {
        let bio = try unsafe X509Chain.memoryBIO([])
        defer { unsafe BIO_free(bio) }
        guard unsafe write(bio) == 1 else { throw OpenSSLErrors.configurationFailure("PEM") }
        return unsafe [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(bio)) { buffer, count in
            count = unsafe Int(max(0, BIO_read(bio, buffer.baseAddress, Int32(clamping: buffer.count))))
        }
    }
}
