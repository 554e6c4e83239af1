import Foundation

/// The tree that is held to the rules.
struct Repository {
    static let shared = Repository()

    let root: URL
    /// Every Swift file of the package's own, by its path from the root.
    let swiftFiles: [SourceFile]

    private init() {
        root =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().standardizedFileURL
        swiftFiles = Repository.paths(below: root, in: ["Package.swift", "Shared", "Services", "gateway", "Tests"])
            .filter { $0.hasSuffix(".swift") }
            .map { SourceFile(path: $0, root: Repository.rootURL) }
    }

    private static var rootURL: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    /// The files below `entries`, sorted; what begins with a dot or comes from a build is no part of the tree.
    static func paths(below root: URL, in entries: [String]) -> [String] {
        entries.flatMap { entry -> [String] in
            let url = root.appending(path: entry)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { return [] }
            guard isFolder.boolValue else { return [entry] }
            let found = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
            return found.map { "\(entry)/\($0)" }
        }
        .filter { path in !path.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__pycache__" } }
        .sorted()
    }
}
