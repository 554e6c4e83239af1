import Foundation

/// What `Package.swift` declares.
struct Manifest {
    struct Target {
        let name: String
        let kind: String
        let path: String
        let dependencies: [String]
        let hasStrictMemorySafety: Bool
    }

    let targets: [Target]

    enum Fault: Error {
        case unreadable(String)
    }

    /// Read from the file that `CAUSEWAY_PACKAGE_JSON` names, or asked of `swift` in a folder of its own.
    static func load(root: URL) throws -> Manifest {
        let data =
            if let path = ProcessInfo.processInfo.environment["CAUSEWAY_PACKAGE_JSON"] {
                try Data(contentsOf: URL(filePath: path))
            } else {
                try dump(root: root)
            }
        guard let package = try JSONSerialization.jsonObject(with: data) as? [String: Any],
            let targets = package["targets"] as? [[String: Any]]
        else { throw Fault.unreadable("no targets in the dumped package") }
        return Manifest(targets: targets.compactMap(Target.init))
    }

    private static func dump(root: URL) throws -> Data {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Fault.unreadable("swift package dump-package failed") }
        return data
    }

    /// The target that a file belongs to: the one with the longest path above it.
    func target(of file: SourceFile) -> Target? {
        targets.filter { file.path.hasPrefix($0.path + "/") }.max { $0.path.count < $1.path.count }
    }
}

extension Manifest.Target {
    init?(_ target: [String: Any]) {
        guard let name = target["name"] as? String, let kind = target["type"] as? String else { return nil }
        let entries = target["dependencies"] as? [[String: Any]] ?? []
        let settings = target["settings"] as? [[String: Any]] ?? []
        self.name = name
        self.kind = kind
        path = target["path"] as? String ?? "Sources/\(name)"
        dependencies = entries.flatMap(\.values).compactMap { ($0 as? [Any])?.first as? String }
        hasStrictMemorySafety = settings.contains { ($0["kind"] as? [String: Any])?["strictMemorySafety"] != nil }
    }
}
