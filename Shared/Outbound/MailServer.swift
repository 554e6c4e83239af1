package import Primitives

/// Where mail is handed over, and how.
package struct MailServer: Sendable {
    package enum Security: String, Hashable, Sendable, CaseIterable {
        /// Plain text: a catcher on this machine.
        case none
        /// `STARTTLS`, and no mail without it (RFC 3207).
        case startTLS = "starttls"
        /// TLS from the first byte (RFC 8314).
        case implicitTLS = "tls"
    }

    package let host: String
    package let port: Int
    package let security: Security
    package let user: String?
    package let password: Secret<String>?
    /// Certificates to believe instead of the system's, in PEM.
    package let trustPEM: [UInt8]?
    /// What this side calls itself in EHLO.
    package let clientName: String
    package let connectTimeout: Duration
    package let totalTimeout: Duration

    /// Refuses what is no host, and a password without TLS, which would send it in the clear.
    package init(
        host: String, port: Int, security: Security, user: String? = nil, password: Secret<String>? = nil,
        trustPEM: [UInt8]? = nil, clientName: String = "localhost", connectTimeout: Duration = .seconds(5),
        totalTimeout: Duration = .seconds(15)
    ) throws(MailFailure) {
        guard HostName.isHost(host), HostName.isHost(clientName), (1...65_535).contains(port) else {
            throw MailFailure(.invalid, "the mail server's host, port or client name is not one")
        }
        guard (user == nil) == (password == nil) else {
            throw MailFailure(.invalid, "the mail server needs a user and a password or neither")
        }
        guard password == nil || security != .none else {
            throw MailFailure(.invalid, "a password for the mail server needs TLS")
        }
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.trustPEM = trustPEM
        self.clientName = clientName
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
    }

    /// libcurl takes the EHLO name as the path.
    var url: String {
        let scheme = security == .implicitTLS ? "smtps" : "smtp"
        return "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(clientName)"
    }
}
