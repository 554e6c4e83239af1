internal import COpenSSL
internal import Glibc
internal import Primitives

/// Parsed certificates, freed with this object.
@safe final class X509Chain: Sendable {
    // Safe to share: set once, and OpenSSL only reads certificates or counts references atomically.
    nonisolated(unsafe) let certificates: [OpaquePointer]

    /// Parses the certificates of a PEM text in their order.
    init(pem: [UInt8], countMax: Int) throws(TLSFailure) {
        OpenSSLErrors.clear()
        let source = try unsafe X509Chain.memoryBIO(pem)
        defer { unsafe BIO_free(source) }
        var parsed: [OpaquePointer] = unsafe []
        while unsafe parsed.count <= countMax, let next = unsafe PEM_read_bio_X509(source, nil, refusePassword, nil) {
            unsafe parsed.append(next)
        }
        let (code, text) = OpenSSLErrors.drain()
        unsafe certificates = parsed
        let count = unsafe parsed.count
        guard (1...countMax).contains(count) || count == 0 && code != 0 else {
            throw TLSFailure(.configuration, "\(count) certificates, not 1 to \(countMax)")
        }
        // The reader ends with "no start line" at the end of a sound text; other errors mean a broken certificate.
        let reason = Int32(truncatingIfNeeded: code & UInt(ERR_REASON_MASK))
        guard count > 0, code == 0 || reason == PEM_R_NO_START_LINE else {
            throw TLSFailure(.configuration, "a certificate cannot be read: \(text)")
        }
    }

    deinit {
        unsafe certificates.forEach { certificate in unsafe X509_free(certificate) }
    }

    var leaf: OpaquePointer { unsafe certificates[0] }

    /// The end of the leaf's validity.
    var expiresAt: Timestamp? {
        var time = unsafe tm()
        guard let end = unsafe X509_get0_notAfter(leaf), unsafe ASN1_TIME_to_tm(end, &time) == 1 else { return nil }
        return Timestamp(seconds: Int64(unsafe timegm(&time)))
    }

    /// The first common name of the leaf's subject, up to 255 bytes of it.
    var commonName: String {
        let subject = unsafe X509_get_subject_name(leaf)
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            let length = unsafe X509_NAME_get_text_by_NID(subject, NID_commonName, buffer.baseAddress, 256)
            guard length > 0 else { return "" }
            return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
        }
    }

    /// The leaf's DNS names in lower case (RFC 6125: the subject's common name is not one).
    var names: [String] {
        guard let list = unsafe X509_get_ext_d2i(leaf, NID_subject_alt_name, nil, nil) else { return [] }
        let alternatives = OpaquePointer(list)
        defer { unsafe GENERAL_NAMES_free(alternatives) }
        return unsafe (0..<causeway_GENERAL_NAMES_count(alternatives)).compactMap { index in
            var length: Int32 = 0
            guard let text = unsafe causeway_GENERAL_NAMES_dns(alternatives, index, &length) else { return nil }
            let bytes = unsafe UnsafeBufferPointer(start: text, count: Int(length))
            return unsafe String(decoding: bytes, as: UTF8.self).lowercased()
        }
    }

    static func memoryBIO(_ bytes: [UInt8]) throws(TLSFailure) -> OpaquePointer {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw OpenSSLErrors.configurationFailure("memory") }
        let written = unsafe bytes.withUnsafeBytes { unsafe BIO_write(bio, $0.baseAddress, Int32(clamping: $0.count)) }
        guard written == bytes.count || bytes.isEmpty else {
            unsafe BIO_free(bio)
            throw OpenSSLErrors.configurationFailure("memory")
        }
        return unsafe bio
    }
}

/// OpenSSL would ask at the terminal for the password of an encrypted PEM block: there is none.
func refusePassword(
    buffer: UnsafeMutablePointer<CChar>?, size: Int32, isWriting: Int32, context: UnsafeMutableRawPointer?
) -> Int32 {
    -1
}
