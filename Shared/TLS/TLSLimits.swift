/// What one session may hold or do before it is refused.
package enum TLSLimits {
    /// Ciphertext received and not yet read. A reader that stops reading its socket never comes near.
    package static let inputBytesMax = 4 << 20

    /// Ciphertext produced and not yet taken.
    package static let outputBytesMax = 64 << 20

    /// Key updates (RFC 8446, section 4.6.3) that a peer may send in one session, unless its context says another
    /// number. Each costs two key derivations, and no honest peer needs more than one in 2^24 records.
    package static let keyUpdatesMax = 64

    /// Bytes of a peer's name that are kept.
    package static let subjectBytesMax = 256

    /// Session tickets that a TLS 1.3 server sends (RFC 8446, section 4.6.1).
    package static let ticketsPerSession = 1

    /// Certificates in one chain.
    package static let chainCertificatesMax = 10

    /// Certificates in one list of trusted ones.
    package static let trustedCertificatesMax = 1000

    /// Plaintext of the largest record (RFC 8446, section 5.1).
    package static let recordBytesMax = 16 * 1024
    /// What the cipher suites in use add to each.
    private static let recordOverheadBytesMax = 32

    /// Room that the ciphertext of so many bytes takes at most.
    static func ciphertextBytesMax(_ bytes: Int) -> Int {
        bytes + (bytes / recordBytesMax + 1) * recordOverheadBytesMax
    }
}
