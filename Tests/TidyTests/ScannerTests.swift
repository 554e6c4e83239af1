import Testing

/// The rules are only as good as what reads the code for them.
@Suite struct ScannerTests {
    @Test(arguments: [
        ("let a = 1 // try!", "let a = 1        "),
        ("a /* { /* } */ { */ b", "a                   b"),
        ("\"try! { \\(f(\"}\")) }\"", "\"         f(\" \")   \""),
        ("#\"a\\(b)\\#(c)\"#", "#\"        c \"#"),
        ("\"\"\"\n{ \"\n\"\"\" + x", "\"\"\"\n   \n\"\"\" + x"),
        ("\"\\\"{\" }", "\"   \" }"),
    ])
    func blanksStringsAndComments(text: String, code: String) {
        #expect(CodeOnly.of(text) == code)
    }

    @Test func findsFunctionsAndTheirEnds() {
        let file = SourceFile(
            path: "A.swift",
            text: """
                protocol P {
                    func requirement()
                    init(_ evidence: Int) throws
                }
                struct S {
                    package init?(
                        a: Int
                    ) where Int: Sendable {
                        if a > 0 { return nil }
                        print("}")
                    }
                    static func one() -> Int { 1 }
                }
                """)
        #expect(
            FunctionExtent.all(in: file) == [
                FunctionExtent(name: "init?(", line: 6, lines: 6), FunctionExtent(name: "func one", line: 12, lines: 1),
            ])
    }

    @Test func findsImports() {
        let file = SourceFile(
            path: "A.swift",
            text: "import A\n@testable internal import B\npackage import struct C.D\n// import E\nlet importF = 1")
        #expect(file.imports.map(\.module) == ["A", "B", "C"])
    }

    @Test func findsWholeWords() {
        let file = SourceFile(path: "A.swift", text: "fingerprint(1)\nprint(2)\nself.print(3)\n\"print(4)\"")
        #expect(file.lines(withCode: "print(") == [2])
    }
}
