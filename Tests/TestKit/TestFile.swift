internal import Foundation

/// Files, for tests that import nothing else that reads them.
package enum TestFile {
    package static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }
}
