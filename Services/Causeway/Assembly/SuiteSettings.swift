import AuthService
import ContentService
import Contract
import Gateway
import Outbound
import ServiceKit
import UserService

/// All settings of the suite together, for explanations.
enum SuiteSettings {
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
