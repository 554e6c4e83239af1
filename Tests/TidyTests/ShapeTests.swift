import Testing

/// Sizes and words that a reader counts on.
@Suite struct ShapeTests {
    let files = Repository.shared.swiftFiles

    private static let fileLinesMax = 400
    private static let lineColumnsMax = 120
    private static let functionLinesMax = 70

    @Test func filesAreShort() {
        for file in files {
            #expect(file.lines.count <= Self.fileLinesMax + 1, "\(file.path) has \(file.lines.count - 1) lines")
        }
    }

    @Test func linesAreShort() {
        for file in files {
            for (index, line) in file.lines.enumerated() where line.utf8.count > Self.lineColumnsMax {
                // A regular expression cannot be broken.
                guard line.count > Self.lineColumnsMax, !line.drop(while: { $0 == " " }).hasPrefix("/^") else {
                    continue
                }
                Issue.record("\(file.path):\(index + 1) has \(line.count) columns")
            }
        }
    }

    @Test func functionsAreShort() {
        for file in files where file.path != "Package.swift" {
            for function in FunctionExtent.all(in: file) where function.lines > Self.functionLinesMax {
                Issue.record("\(file.path):\(function.line) \(function.name) takes \(function.lines) lines")
            }
        }
    }

    @Test func nothingIsLeftForLater() {
        for file in files {
            for (index, line) in file.lines.enumerated() {
                for word in ["TO" + "DO", "FIX" + "ME"] where line.contains(word) {
                    Issue.record("\(file.path):\(index + 1) says \(word): do it, or file it")
                }
            }
        }
    }

    @Test(arguments: [
        ("try!", "a failure is thrown on or handled"),
        ("public ", "everything shared is package"),
        ("Task.detached", "a task has a parent"),
        ("fatalError(\"\")", "a fault is an error with a name, or a precondition that says what it holds"),
        ("import XCTest", "tests are Swift Testing"),
    ])
    func bannedWords(word: String, because reason: String) {
        for file in files where file.path != "Package.swift" {
            if file.isTest, word == "Task.detached" { continue }
            for line in file.lines(withCode: word) {
                // What is compiled in other modules, being inlinable, needs what it uses imported so.
                if file.lines[line - 1].hasPrefix("public import ") { continue }
                Issue.record("\(file.path):\(line) has \(word): \(reason)")
            }
        }
    }

    @Test func librariesDoNotPrint() {
        for file in files where file.isProduct && !file.path.hasPrefix("Services/Causeway/") {
            for line in file.lines(withCode: "print(") {
                Issue.record("\(file.path):\(line) prints: the log is Telemetry's")
            }
        }
    }
}
