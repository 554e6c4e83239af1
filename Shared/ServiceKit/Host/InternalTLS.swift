internal import Primitives
package import TLS

/// TLS between the processes of the suite: each shows a certificate of the suite's own authority, to callers and to
/// those it calls.
package struct InternalTLS: Sendable {
    /// For a service's port: clients without a certificate of the authority are refused.
    package let server: TLSContext
    /// For calls. A service's certificate must carry its name: `auth`, `user`, `content`.
    package let client: TLSContext

    private static let certificateSetting = Setting(
        "internal.tls-certificate", default: "",
        "A PEM file of the certificate that this process shows to others of the suite; a service's carries its name as "
            + "a DNS name: auth, user or content. Empty: they speak without TLS.")
    private static let keySetting = Setting(
        "internal.tls-key", default: "", "The PEM file of that certificate's private key.")
    private static let authoritiesSetting = Setting(
        "internal.tls-authorities", default: "",
        "A PEM file of the authorities that sign the certificates of the suite's processes.")

    /// Nil where it is off.
    package init?(_ settings: Settings) {
        let paths = [Self.certificateSetting, Self.keySetting, Self.authoritiesSetting].map { settings($0) }
        guard paths.contains(where: { !$0.isEmpty }) else { return nil }
        do {
            let trust = TLSTrust.pem(Array(try TextFile.read(paths[2]).utf8))
            let certificate = try TLSCertificate(
                chainPEM: Array(try TextFile.read(paths[0]).utf8),
                keyPEM: Secret(Array(try SecretFile.read(paths[1]).text.utf8)))
            server = try .server(
                certificates: [certificate], alpn: ["h2"], versions: .v13 ... .v13, clients: .required(trust))
            client = try .client(trust: trust, alpn: ["h2"], certificate: certificate, versions: .v13 ... .v13)
        } catch {
            let names = [Self.certificateSetting, Self.keySetting, Self.authoritiesSetting]
            settings.refuse(
                "\(names.map(\.declaration.variable).joined(separator: ", ")) go together: \(error).")
            return nil
        }
    }
}
