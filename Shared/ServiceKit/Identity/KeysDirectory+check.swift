package import Contract
internal import Primitives

extension KeysDirectory {
    /// What one part of the suite needs of the folder.
    package struct Needs: Sendable {
        package var keys: [Name]
        /// Database roles whose passwords it uses.
        package var roles: [String]

        package init(keys: [Name], roles: [String] = []) {
            self.keys = keys
            self.roles = roles
        }

        /// The keys by which `service` proves itself, or others prove themselves to it.
        package static func contexts(of service: ServiceName) -> [Name] {
            Name.contextPairs.filter { $0.0 == service || $0.1 == service }.map { .context(from: $0.0, to: $0.1) }
        }
    }

    /// Looks at everything that is needed, so that all that is missing is told at once.
    package func check(_ needs: Needs, _ settings: Settings) {
        // Without a folder there is one fault, not one for each file.
        guard !path.isEmpty, !needs.keys.isEmpty || !needs.roles.isEmpty else { return }
        guard TextFile.exists(path) else {
            return settings.refuse(
                "\(ProcessSettings.keysSetting.declaration.variable)=\(path) does not exist. "
                    + "`causeway keys --directory \(path)` makes it.")
        }
        for name in needs.keys {
            do throws(KeysFault) { _ = try keys(name) } catch { settings.refuse("\(error)") }
            warn(name.file, settings)
        }
        for role in needs.roles {
            do throws(KeysFault) {
                if try postgresPassword(role: role).exposedValue.isEmpty {
                    settings.refuse("\(path)/postgres-\(role) is empty. `causeway keys --directory \(path)` makes it.")
                }
            } catch {
                settings.refuse("\(error)")
            }
            warn("postgres-\(role)", settings)
        }
    }

    private func warn(_ file: String, _ settings: Settings) {
        // An unreadable file is a fault already.
        if let doubt = (try? SecretFile.read("\(path)/\(file)"))?.doubt { settings.warn(doubt) }
    }
}
