/// Which certificate authorities are believed.
package enum TLSTrust: Hashable, Sendable {
    /// The system's list.
    case system

    /// These certificates and no others. A self-signed leaf may be one of them.
    case pem([UInt8])
}

/// Whether a server asks its clients for a certificate.
package enum TLSClientAuthentication: Hashable, Sendable {
    case none
    /// Asked for; a client without one is served, a client with a bad one is not.
    case optional(TLSTrust)
    case required(TLSTrust)
}

/// The protocol versions in use (older ones are refused by RFC 8996).
package enum TLSVersion: Int, Hashable, Sendable, Comparable {
    case v12
    case v13

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
