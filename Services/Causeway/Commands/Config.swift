import ArgumentParser
import ServiceKit

/// Explains the configuration.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain the configuration.", subcommands: [Explain.self, Reference.self])

    /// What each setting is and where it came from.
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print each setting's value and what set it; secrets are redacted.")

        func run() throws {
            let settings = Settings.ofProcess()
            SuiteSettings.readAll(settings)
            for explanation in settings.explanations.sorted(by: { $0.declaration.name < $1.declaration.name }) {
                print("\(explanation.declaration.variable)=\(explanation.value)  (\(explanation.source))")
            }
            // Keys are the doctor's: what is explained here needs none.
            defer { for warning in settings.warnings { printError(warning) } }
            try settings.begin(needs: .init(keys: []))
        }
    }

    /// The reference of all settings, as the README's table.
    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print every setting as a Markdown table.")

        func run() {
            let settings = Settings.ofProcess()
            SuiteSettings.readAll(settings)
            print("| variable | default | range | meaning |")
            print("|---|---|---|---|")
            for declaration in settings.declarations.sorted(by: { $0.name < $1.name }) {
                let standard = declaration.standard.map { $0.isEmpty ? "(empty)" : "`\($0)`" } ?? "must be set"
                let scope = declaration.isDefaultForDevelopmentOnly ? " in development only" : ""
                print(
                    "| `\(declaration.variable)` | \(standard)\(scope) | \(declaration.range) | \(declaration.text) |")
            }
        }
    }
}
