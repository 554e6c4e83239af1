import AuthService
import ContentService
import Contract
import Gateway
import Outbound
import ServiceKit
import UserService

/// All settings of the suite together, for explanations.
enum SuiteSettings {
    /// Asks for everything that `part` will ask for, so that all that is wrong is told at once.
    static func read(_ settings: Settings, for part: Serve.Part) {
        guard part != .all else { return readAll(settings) }
        let process = ProcessSettings(settings)
        _ = ServerSettings(settings)
        _ = ServiceAddresses(settings)
        switch part {
        case .gateway: _ = GatewayConfiguration(settings)
        case .auth:
            _ = AuthConfiguration(settings)
            _ = MailServer(settings)
            _ = ServicePorts(.auth, number: 1, settings)
        case .user:
            _ = UserConfiguration(settings)
            _ = ServicePorts(.user, number: 2, settings)
        case .content:
            _ = try? ContentConfiguration(settings, keys: process.keys)
            _ = ServicePorts(.content, number: 3, settings)
        case .all: break
        }
    }

    /// Asks `settings` for everything that any part would ask for.
    static func readAll(_ settings: Settings) {
        let process = ProcessSettings(settings)
        _ = ServerSettings(settings)
        _ = ServiceAddresses(settings)
        _ = GatewayConfiguration(settings)
        _ = AuthConfiguration(settings)
        _ = MailServer(settings)
        _ = UserConfiguration(settings)
        _ = try? ContentConfiguration(settings, keys: process.keys)
        for (number, service) in [ServiceName.auth, .user, .content].enumerated() {
            _ = ServicePorts(service, number: number + 1, settings)
        }
        _ = settings(Migrate.superuserSetting)
        _ = settings(Migrate.superuserPasswordSetting)
    }
}
