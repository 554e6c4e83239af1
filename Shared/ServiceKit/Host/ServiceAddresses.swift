package import Contract

/// Where services are called.
package struct ServiceAddresses: Sendable {
    private let auth: HostPort
    private let user: HostPort
    private let content: HostPort

    package init(_ settings: Settings) {
        auth = settings(Self.authSetting)
        user = settings(Self.userSetting)
        content = settings(Self.contentSetting)
    }

    package subscript(service: ServiceName) -> HostPort {
        switch service {
        case .auth: auth
        case .user: user
        case .content: content
        case .gateway: preconditionFailure("nobody calls the gateway")
        }
    }

    private static let authSetting = Setting(
        "auth.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9001), "Where the auth service is called.")
    private static let userSetting = Setting(
        "user.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9002), "Where the user service is called.")
    private static let contentSetting = Setting(
        "content.address", inDevelopment: HostPort(host: "127.0.0.1", port: 9003),
        "Where the content service is called.")
}
