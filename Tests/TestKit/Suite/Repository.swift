internal import Foundation

/// The folder that the tests were built from.
package enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    package static func path(_ name: String) -> String { root.appending(path: name).path }
}
