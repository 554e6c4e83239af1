/// Places that only this machine reaches, so that what is said there needs no encryption.
package enum Loopback {
    /// Whether `host` is this machine: the folder or path of a Unix socket, or a loopback name or address.
    package static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("/") { return true }
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
