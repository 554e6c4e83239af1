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
        let process = ProcessSettings(settings)
        _ = ServerSettings(settings)
        _ = ServiceAddresses(settings, calledBy: part.services)
        if part != .gateway { _ = EventsSettings(settings) }
        _ = UpstreamSettings(settings)
        for part in part.singles { read(settings, process.keys, for: part) }
    }

    private static func read(_ settings: Settings, _ keys: KeysDirectory, for part: Serve.Part) {
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
            _ = try? ContentConfiguration(settings, keys: keys)
            _ = ServicePorts(.content, number: 3, settings)
        case .all: break
        }
    }

    /// Asks `settings` for everything that any part would ask for.
    static func readAll(_ settings: Settings) {
        read(settings, for: .all)
        _ = Migrate.superuser(settings, ServerSettings(settings))
    }

    /// The port of a part's health and metrics.
    static func opsPort(_ service: ServiceName, _ settings: Settings) -> Int {
        switch service {
        case .gateway: GatewayConfiguration(settings).opsPort
        case .auth: ServicePorts(.auth, number: 1, settings).opsPort
        case .user: ServicePorts(.user, number: 2, settings).opsPort
        case .content: ServicePorts(.content, number: 3, settings).opsPort
        }
    }

    /// Every setting that there is.
    static var declarations: [SettingDeclaration] {
        let settings = Settings.of([:])
        readAll(settings)
        return settings.declarations
    }
}

extension Serve.Part {
    /// Itself, or the parts that it is made of.
    var singles: [Serve.Part] { self == .all ? [.auth, .user, .content, .gateway] : [self] }

    /// What it needs of the folder of keys.
    var needs: KeysDirectory.Needs {
        switch self {
        case .gateway: .init(keys: KeysDirectory.Needs.contexts(of: .gateway))
        case .auth:
            .init(
                keys: [.pepper, .seal, .refresh] + KeysDirectory.Needs.contexts(of: .auth),
                roles: [SuiteSchema.auth.dataRole])
        case .user: .init(keys: KeysDirectory.Needs.contexts(of: .user), roles: [SuiteSchema.user.dataRole])
        case .content:
            .init(
                keys: [.cursor] + KeysDirectory.Needs.contexts(of: .content), roles: [SuiteSchema.content.dataRole])
        case .all: .init(keys: KeysDirectory.Name.all, roles: SuiteSchema.all.map(\.dataRole))
        }
    }
}

extension Settings {
    /// Variables that the scripts around the suite use.
    private static let scriptVariables: Set<String> = [
        "CAUSEWAY_BINARY", "CAUSEWAY_CHAOS_SEED", "CAUSEWAY_CHAOS_STRIKES", "CAUSEWAY_COMPOSE_KEEP", "CAUSEWAY_IMAGE",
        "CAUSEWAY_MAIL_HTTP_PORT", "CAUSEWAY_MAIL_SMTP_PORT", "CAUSEWAY_PACKAGE_JSON", "CAUSEWAY_PREVIOUS_ABSENT",
        "CAUSEWAY_PREVIOUS_BINARY", "CAUSEWAY_PYTHON", "CAUSEWAY_STATE_DIRECTORY", "CAUSEWAY_UPDATE_GOLDEN",
    ]

    /// Judges all that was read, names that nothing reads and keys among it; to be called once everything was read.
    ///
    /// - Throws: all that is wrong.
    func begin(needs: KeysDirectory.Needs) throws(SettingsFault) {
        checkNames(known: SuiteSettings.declarations) { name in
            name.hasPrefix("CAUSEWAY_TEST_") || Self.scriptVariables.contains(name)
        }
        KeysDirectory(path: self(ProcessSettings.keysSetting)).check(needs, self)
        try requireSound()
    }
}
