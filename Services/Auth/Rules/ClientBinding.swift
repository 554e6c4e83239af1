internal import Cryptography

/// What tells one client of a session from another without following it: a hash of its `User-Agent` and its network.
///
/// Stored as SHA-256 of `causeway client binding v1`, the user agent and the network, each followed by a zero byte.
/// The format is final.
package struct ClientBinding: Sendable, Hashable {
    package let digest: [UInt8]

    package init(digest: [UInt8]) {
        self.digest = digest
    }

    package init(userAgent: String?, network: ClientNetwork) {
        let parts = ["causeway client binding v1", userAgent ?? "", network.wide]
        digest = SHA256.hash(parts.flatMap { Array($0.utf8) + [0] })
    }
}
