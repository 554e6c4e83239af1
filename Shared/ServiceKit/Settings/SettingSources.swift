internal import Configuration

/// Where settings come from, the stronger layer first: the environment, then the settings file. In each, `NAME` holds
/// the value and `NAME_FILE` names a file that does; both together are a fault, since one of them is a mistake.
struct SettingSources {
    /// A value, and where it stands.
    struct Found {
        let text: String
        let source: String
        /// What is doubtful about the file that holds it.
        var doubt: String?
    }

    /// Why a value could not be had.
    struct Fault: Error {
        let reason: String
    }

    let environment: [String: String]
    let file: SettingsFile?
    private let reader: ConfigReader
    private let entries: [String: SettingsFile.Entry]

    init(environment: [String: String], file: SettingsFile?) {
        self.environment = environment
        self.file = file
        reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        entries = Dictionary((file?.entries ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter isSecret: whether others may not see the value.
    func find(_ declaration: SettingDeclaration, isSecret: Bool) throws(Fault) -> Found? {
        let variable = declaration.variable
        let fileVariable = variable + "_FILE"
        let words = declaration.name.split(separator: ".").map(String.init)
        let value = reader.string(forKey: ConfigKey(["causeway"] + words))
        let path = reader.string(forKey: ConfigKey(["causeway"] + words.dropLast() + ["\(words.last ?? "")-file"]))
        if let found = try choose(
            (value, variable), (path, fileVariable), in: "the environment", isSecret: isSecret)
        {
            return found
        }
        let (entry, pathEntry) = (entries[variable], entries[fileVariable])
        return try choose(
            (entry?.value, place(entry)), (pathEntry?.value, place(pathEntry)), in: file?.path ?? "", isSecret: isSecret
        )
    }

    private func place(_ entry: SettingsFile.Entry?) -> String {
        entry.map { "\(file?.path ?? "") line \($0.line)" } ?? ""
    }

    private func choose(
        _ value: (text: String?, source: String), _ path: (text: String?, source: String), in layer: String,
        isSecret: Bool
    ) throws(Fault) -> Found? {
        if value.text != nil, path.text != nil {
            throw Fault(reason: "it is set both itself and by its _FILE in \(layer); keep one of them.")
        }
        if let text = value.text { return Found(text: text, source: value.source) }
        guard let name = path.text else { return nil }
        do throws(FileFault) {
            let (text, doubt) = isSecret ? try SecretFile.read(name) : (try TextFile.read(name), nil)
            return Found(text: text, source: "\(path.source), which names \(name)", doubt: doubt)
        } catch {
            throw Fault(reason: "\(error) (\(path.source)).")
        }
    }
}
