/// What HTTP/2 requests are refused for beyond what the library refuses, decided on the head (RFC 9113, section 8.3.1):
/// pseudo-header fields that two readers of one request could understand differently.
package enum HTTP2Policy {
    /// Why a request is refused; the stream is answered with `status`, the connection goes on.
    package enum Refusal: String, Error, Sendable, CaseIterable {
        case authorityMissing = "authority-missing"
        case authorityMalformed = "authority-malformed"
        case hostRepeated = "host-repeated"
        case hostMismatch = "host-mismatch"
        case schemeUnknown = "scheme-unknown"
        case schemeMismatch = "scheme-mismatch"

        package var status: Int { self == .schemeMismatch ? 421 : 400 }
    }

    /// - Parameter isSecure: whether the connection has TLS. In cleartext both schemes are taken, since somebody before
    ///   us may have ended the client's TLS.
    package static func judge(_ head: RequestHead, isSecure: Bool) throws(Refusal) {
        let host = head.fields.first("host")
        guard host == nil || head.fields.count(of: "host") == 1 else { throw .hostRepeated }
        guard !head.authority.isEmpty else { throw .authorityMissing }
        guard Authority.isWellFormed(head.authority) else { throw .authorityMalformed }
        if let host, !Authority.areSame(host, head.authority, scheme: head.scheme) { throw .hostMismatch }
        // CONNECT has no scheme.
        if head.method == .connect, head.connectProtocol == nil { return }
        let isLower = head.scheme == "https" || head.scheme == "http"
        switch isLower ? head.scheme : head.scheme.lowercased() {
        case "https": return
        case "http": if isSecure { throw .schemeMismatch }
        default: throw .schemeUnknown
        }
    }
}
