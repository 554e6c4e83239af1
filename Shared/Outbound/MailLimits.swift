/// What a mail may hold.
package enum MailLimits {
    /// Octets of an address (RFC 5321, section 4.5.3.1.3, without its angle brackets).
    package static let addressBytesMax = 254
    /// Octets before the at sign (RFC 5321, section 4.5.3.1.1).
    package static let localPartBytesMax = 64
    package static let nameBytesMax = 256
    package static let subjectBytesMax = 1024
    /// Bytes of the text and of the HTML, each.
    package static let bodyBytesMax = 1 << 20
}
