internal import Configuration
internal import Glibc
internal import Primitives

/// Reads settings: from the environment, or from a file that `<VARIABLE>_FILE` names.
///
/// Not Sendable: a process reads its settings once, at its start, on one thread.
package final class Settings {
    package let profile: Profile
    private let lookUp: (SettingDeclaration) throws -> (text: String, source: String)?
    private var faults: [String] = []
    /// Every setting that was asked for, in order.
    package private(set) var declarations: [SettingDeclaration] = []
    /// What was read so far, in order, for `config explain`; secrets are redacted.
    package private(set) var explanations: [Explanation] = []

    package struct Explanation: Sendable, Hashable {
        package let declaration: SettingDeclaration
        package let value: String
        package let source: String
    }

    package static let profileSetting = Setting<Profile>(
        "profile", default: .production,
        "`development` gives every setting a value that works on one machine; `production` refuses unsafe ones.")

    /// Reads this process's environment.
    package static func ofProcess() -> Settings {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider())
        return Settings { declaration in
            let key = ConfigKey(["causeway"] + declaration.name.split(separator: ".").map(String.init))
            if let text = reader.string(forKey: key) { return (text, declaration.variable) }
            let fileKey = ConfigKey(key.components.dropLast() + ["\(key.components.last ?? "")-file"])
            guard let path = reader.string(forKey: fileKey) else { return nil }
            return (try TextFile.read(path), "\(declaration.variable)_FILE")
        }
    }

    /// Reads `values` by their variables' names: for tests.
    package static func of(_ values: [String: String]) -> Settings {
        Settings { declaration in values[declaration.variable].map { ($0, declaration.variable) } }
    }

    private init(_ lookUp: @escaping (SettingDeclaration) throws -> (text: String, source: String)?) {
        self.lookUp = lookUp
        let declaration = Self.profileSetting.declaration
        declarations.append(declaration)
        let found = try? lookUp(declaration)
        profile = found.flatMap { Profile(settingText: $0.text) } ?? .production
        if let found, Profile(settingText: found.text) == nil {
            faults.append("\(declaration.variable) is \"\(found.text)\"; it must be development or production.")
        }
        explanations.append(
            Explanation(declaration: declaration, value: profile.rawValue, source: found?.source ?? "default"))
    }

    /// The value of `setting`. Where it has none, or a wrong one, the fault is kept for `requireSound()` and a stand-in
    /// is returned, so that all faults are told together.
    package func callAsFunction<Value>(_ setting: Setting<Value>) -> Value {
        let declaration = setting.declaration
        if !declarations.contains(declaration) { declarations.append(declaration) }
        do {
            guard let found = try lookUp(declaration) else { return standard(of: setting) }
            guard let value = Value(settingText: found.text), setting.isAllowed(value) else {
                let range = declaration.range.isEmpty ? "of another form" : declaration.range
                let shown = Value.self is Secret<String>.Type ? "" : " \"\(found.text)\""
                refuse("\(declaration.variable): the value\(shown) must be \(range). \(declaration.text)")
                return Value.placeholder
            }
            explanations.append(
                Explanation(declaration: declaration, value: value.settingText, source: found.source))
            return value
        } catch {
            refuse("\(declaration.variable)_FILE: \(error)")
            return Value.placeholder
        }
    }

    private func standard<Value>(of setting: Setting<Value>) -> Value {
        let declaration = setting.declaration
        guard let standard = setting.standard, profile == .development || !setting.developmentOnly else {
            refuse("\(declaration.variable) is not set. \(declaration.text)")
            return Value.placeholder
        }
        explanations.append(
            Explanation(declaration: declaration, value: standard.settingText, source: "default"))
        return standard
    }

    /// Adds a fault that no single setting shows, such as an unsafe combination. Each is told once, however often its
    /// setting is read.
    package func refuse(_ reason: String) {
        if !faults.contains(reason) { faults.append(reason) }
    }

    /// - Throws: every fault found so far.
    package func requireSound() throws(SettingsFault) {
        guard faults.isEmpty else { throw SettingsFault(faults: faults) }
    }
}

/// Why a process does not start: what is wrong with its settings, one sentence each.
package struct SettingsFault: Error, CustomStringConvertible {
    package let faults: [String]

    package var description: String {
        (["The configuration is not complete:"] + faults.map { "  - \($0)" }).joined(separator: "\n")
    }
}
