internal import Primitives

/// Reads settings, each from the strongest layer that has it: the environment, a settings file (`SettingsFile`), its
/// default. In both of the former `<VARIABLE>_FILE` may name a file that holds the value.
///
/// Not Sendable: a process reads its settings once, at its start, on one thread.
package final class Settings {
    package let profile: Profile
    private let sources: SettingSources
    private var faults: [String] = []
    /// What is doubtful and does not stop the start, one sentence each.
    package private(set) var warnings: [String] = []
    /// Every setting that was asked for, in order.
    package private(set) var declarations: [SettingDeclaration] = []
    /// What was read so far, in order, for `config explain`; secrets are redacted.
    package private(set) var explanations: [Explanation] = []

    package struct Explanation: Sendable, Hashable {
        package let declaration: SettingDeclaration
        package let value: String
        /// `default`, a variable, or a file and the line in it.
        package let source: String
    }

    package static let profileSetting = Setting<Profile>(
        "profile", default: .production,
        "`development` gives every setting a value that works on one machine; `production` refuses unsafe ones.")

    /// Reads this process's environment, and the settings file that it names.
    package static func ofProcess() -> Settings {
        Settings(environment: ProcessEnvironment.read())
    }

    /// Reads `environment`, and the settings file that it names.
    package static func of(_ environment: [String: String]) -> Settings {
        Settings(environment: environment)
    }

    private init(environment: [String: String]) {
        var faults: [String] = []
        var warnings: [String] = []
        let file = Self.settingsFile(environment, &faults, &warnings)
        sources = SettingSources(environment: environment, file: file)
        let declaration = Self.profileSetting.declaration
        declarations.append(declaration)
        var source = "default"
        var profile = Profile.production
        do throws(SettingSources.Fault) {
            if let found = try sources.find(declaration, isSecret: false) {
                source = found.source
                if let known = Profile(settingText: found.text) {
                    profile = known
                } else {
                    faults.append("\(declaration.variable) is \"\(found.text)\"; it must be development or production.")
                }
            }
        } catch {
            faults.append("\(declaration.variable): \(error.reason)")
        }
        self.profile = profile
        self.faults = faults
        self.warnings = warnings
        explanations.append(Explanation(declaration: declaration, value: profile.rawValue, source: source))
    }

    private static func settingsFile(
        _ environment: [String: String], _ faults: inout [String], _ warnings: inout [String]
    ) -> SettingsFile? {
        guard let path = environment[SettingsFile.variable] else { return nil }
        do throws(FileFault) {
            let (text, doubt) = try SecretFile.read(path)
            let file = SettingsFile(path: path, text: text)
            faults += file.faults
            if let doubt { warnings.append("\(SettingsFile.variable): \(doubt)") }
            return file
        } catch {
            faults.append("\(SettingsFile.variable): \(error).")
            return nil
        }
    }

    /// The value of `setting`. Where it has none, or a wrong one, the fault is kept for `requireSound()` and a stand-in
    /// is returned, so that all faults are told together.
    package func callAsFunction<Value>(_ setting: Setting<Value>) -> Value {
        let declaration = setting.declaration
        if !declarations.contains(declaration) { declarations.append(declaration) }
        let isSecret = Value.self is Secret<String>.Type
        do throws(SettingSources.Fault) {
            guard let found = try sources.find(declaration, isSecret: isSecret),
                !(found.text.isEmpty && setting.mustBeGiven)
            else { return standard(of: setting) }
            if let doubt = found.doubt { warn("\(declaration.variable)_FILE: \(doubt)") }
            guard let value = Value(settingText: found.text), setting.isAllowed(value) else {
                let range = declaration.range.isEmpty ? "of another form" : declaration.range
                let shown = isSecret ? "" : " \"\(found.text)\""
                refuse("\(declaration.variable): the value\(shown) must be \(range). \(declaration.text)")
                return Value.placeholder
            }
            explain(declaration, value.settingText, found.source)
            return value
        } catch {
            refuse("\(declaration.variable): \(error.reason)")
            return Value.placeholder
        }
    }

    private func standard<Value>(of setting: Setting<Value>) -> Value {
        let declaration = setting.declaration
        guard let standard = setting.standard, profile == .development || !setting.developmentOnly else {
            refuse("\(declaration.variable) is not set. \(declaration.text)")
            return Value.placeholder
        }
        explain(declaration, standard.settingText, "default")
        return standard
    }

    private func explain(_ declaration: SettingDeclaration, _ value: String, _ source: String) {
        let explanation = Explanation(declaration: declaration, value: value, source: source)
        if !explanations.contains(explanation) { explanations.append(explanation) }
    }

    /// Adds a fault that no single setting shows, such as an unsafe combination. Each is told once, however often its
    /// setting is read.
    package func refuse(_ reason: String) {
        if !faults.contains(reason) { faults.append(reason) }
    }

    /// Adds a doubt, told once.
    package func warn(_ reason: String) {
        if !warnings.contains(reason) { warnings.append(reason) }
    }

    /// Refuses, in any profile but development, what is unsafe on a network: unless `allowance` is set, by which the
    /// operator says that it is meant, and which is then told as a warning.
    ///
    /// - Parameter reason: what is unsafe, by name, and what to do, as one sentence without its full stop.
    package func refuse(_ reason: String, when isUnsafe: Bool, unless allowance: Setting<Bool>) {
        let isAllowed = self(allowance)
        guard isUnsafe, profile != .development else { return }
        let name = allowance.declaration.variable
        if isAllowed {
            warn("\(name)=true: \(reason).")
        } else {
            refuse("\(reason). \(name)=true takes the risk.")
        }
    }

    /// Looks for names that nothing reads: in the settings file they are faults; in the environment, which others fill
    /// too, they are doubts.
    ///
    /// - Parameters:
    ///   - known: every setting of the suite.
    ///   - isForeign: whether a variable of the environment is known to be somebody else's.
    package func checkNames(known: [SettingDeclaration], isForeign: (String) -> Bool) {
        let names = Set(known.flatMap { [$0.variable, "\($0.variable)_FILE"] })
        for entry in sources.file?.entries ?? [] where !names.contains(entry.name) {
            let place = "\(sources.file?.path ?? ""), line \(entry.line)"
            refuse("\(place): \(Self.unknown(entry.name, names))")
        }
        let given = sources.environment.keys.filter { $0.hasPrefix("CAUSEWAY_") && $0 != SettingsFile.variable }
        for name in given.sorted() where !names.contains(name) && !isForeign(name) {
            warn(Self.unknown(name, names))
        }
    }

    private static func unknown(_ name: String, _ names: Set<String>) -> String {
        let nearest = SpellingDistance.nearest(to: name, among: names)
        return "\(name) is no setting\(nearest.map { "; \($0) is one" } ?? "")."
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
