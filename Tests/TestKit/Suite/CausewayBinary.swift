internal import Foundation

/// The executable that is tested: what `CAUSEWAY_BINARY` names, else the one that was built beside the tests.
package enum CausewayBinary {
    package struct Absent: Error, CustomStringConvertible {
        package let description: String
    }

    package static var path: String {
        get throws {
            let found = try variable ?? beside()
            guard FileManager.default.isExecutableFile(atPath: found) else {
                throw Absent(
                    description:
                        "There is no executable \(found): build it with `swift build`, or name it by CAUSEWAY_BINARY")
            }
            return found
        }
    }

    private static var variable: String? {
        ProcessInfo.processInfo.environment["CAUSEWAY_BINARY"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The test bundle is a program in the build folder.
    private static func beside() throws -> String {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let near = URL(fileURLWithPath: bundle).deletingLastPathComponent().appending(path: "causeway").path
        if FileManager.default.isExecutableFile(atPath: near) { return near }
        return Repository.root.appending(path: ".build/debug/causeway").path
    }
}
