import ArgumentParser
import Contract
import Protocol

/// Prints the OpenAPI document.
struct OpenAPI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI 3.1 document of the public API.")

    func run() {
        print(String(decoding: Suite.openAPI.encoded(), as: UTF8.self))
    }
}
