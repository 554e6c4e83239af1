/// Who a verified certificate says that its owner is.
package struct TLSPeerIdentity: Hashable, Sendable {
    /// The distinguished name in RFC 2253's form, cut where it is long.
    package let subject: String
    /// SHA-256 of the certificate in DER, in hex.
    package let fingerprint: String
}
