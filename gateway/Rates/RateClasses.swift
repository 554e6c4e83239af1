internal import Contract
internal import Redis

/// The rate classes of the edge: what each counts by, and how exactly.
package struct RateClasses: Sendable {
    /// Every request, by address, before anything is known of the caller.
    let connection: RateRule
    /// Credentials that were refused, by address.
    let invalidCredentials: RateRule
    let read: RateRule
    let write: RateRule
    let search: RateRule
    /// By address; auth counts by account as well.
    let login: RateRule
    /// By address; auth counts by recipient as well.
    let mail: RateRule
    let upload: RateRule

    /// - Parameter multiplier: what every limit is multiplied by: 1 is the public edge, load tests want more.
    package init(_ quotas: RateQuotas = RateQuotas(), multiplier: Int = 1) {
        connection = RateRule("connection", quotas.connection * multiplier, .wide, isByAddress: true)
        invalidCredentials = RateRule(
            "invalid-credentials", quotas.invalidCredentials * multiplier, .wide, isByAddress: true)
        read = RateRule("read", quotas.read * multiplier, .wide)
        write = RateRule("write", quotas.write * multiplier, .exact)
        search = RateRule("search", quotas.search * multiplier, .wide)
        login = RateRule("login", quotas.login * multiplier, .exact, isByAddress: true)
        mail = RateRule("mail", quotas.mail * multiplier, .exact, isByAddress: true)
        upload = RateRule("upload", quotas.upload * multiplier, .exact)
    }

    subscript(rate: RateClass) -> RateRule? {
        switch rate {
        case .none: nil
        case .read: read
        case .write: write
        case .search: search
        case .login: login
        case .mail: mail
        case .upload: upload
        }
    }
}
