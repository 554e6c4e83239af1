import Primitives
import ServiceKit
import TestKit
import Testing

@Suite struct SettingsTests {
    private static let number = Setting("part.number", default: 5, in: 1...9, "A number.")
    private static let secret = Setting("part.secret", default: Secret(""), "A secret.")
    private static let local = Setting("part.local", inDevelopment: "here", "A place.")
    private static let needed = Setting<String>(required: "part.needed-thing", "A need.")

    @Test func readsValuesByTheirVariables() throws {
        let settings = Settings.of([
            "CAUSEWAY_PART_NUMBER": "7", "CAUSEWAY_PART_NEEDED_THING": "x", "CAUSEWAY_PROFILE": "development",
        ])
        #expect(settings(Self.number) == 7)
        #expect(settings(Self.needed) == "x")
        #expect(settings(Self.local) == "here")
        try settings.requireSound()
    }

    @Test func tellsAllFaultsTogetherAndNoSecret() throws {
        let settings = Settings.of(["CAUSEWAY_PART_NUMBER": "10", "CAUSEWAY_PART_SECRET": "hunter2"])
        _ = (settings(Self.number), settings(Self.needed), settings(Self.local), settings(Self.secret))
        let fault = try #require(throws: SettingsFault.self) { try settings.requireSound() }
        #expect(fault.faults.count == 3)
        #expect(fault.description.contains("CAUSEWAY_PART_NUMBER: the value \"10\" must be 1…9."))
        #expect(fault.description.contains("CAUSEWAY_PART_NEEDED_THING is not set."))
        #expect(fault.description.contains("CAUSEWAY_PART_LOCAL is not set."))
        #expect(!"\(settings.explanations)".contains("hunter2"))
    }

    @Test func anUnknownProfileIsProductionAndAFault() {
        let settings = Settings.of(["CAUSEWAY_PROFILE": "devel"])
        #expect(settings.profile == .production)
        #expect(throws: SettingsFault.self) { try settings.requireSound() }
    }

    @Test(arguments: [
        ("localhost:80", "localhost", 80), ("[::1]:443", "::1", 443), ("10.0.0.1:0", "10.0.0.1", 0),
    ])
    func hostAndPort(text: String, host: String, port: Int) {
        #expect(HostPort(settingText: text) == HostPort(host: host, port: port))
        #expect(HostPort(settingText: text)?.settingText == text)
    }

    @Test(arguments: ["", "localhost", ":80", "::1:80", "a:b", "a:70000", "[]:1"])
    func refusesOtherPlaces(text: String) {
        #expect(HostPort(settingText: text) == nil)
    }
}

/// Values that come from files.
@Suite struct SettingsLayerTests {
    private static let number = Setting("part.number", default: 5, in: 1...9, "A number.")
    private static let word = Setting("part.word", default: "none", "A word.")
    private static let secret = Setting("part.secret", default: Secret(""), "A secret.")

    private func with(
        _ text: String, _ environment: [String: String] = [:], mode: Int = 0o600,
        _ body: (Settings, String) throws -> Void
    ) throws {
        let folder = try TestFolder()
        let path = try folder.write(text, to: "settings", mode: mode)
        try body(Settings.of(environment.merging(["CAUSEWAY_SETTINGS_FILE": path]) { own, _ in own }), path)
    }

    private func faults(of settings: Settings) -> [String] {
        do throws(SettingsFault) { try settings.requireSound() } catch { return error.faults }
        return []
    }

    @Test func theEnvironmentIsStrongerThanTheFileAndThatThanDefaults() throws {
        try with("# a comment\n\n CAUSEWAY_PART_NUMBER = 7 \nCAUSEWAY_PART_WORD=a=b # c\n") { settings, path in
            #expect(settings(Self.number) == 7)
            #expect(settings(Self.word) == "a=b # c")
            #expect(settings.explanations.last?.source == "\(path) line 4")
            #expect(faults(of: settings).isEmpty)
        }
        try with("CAUSEWAY_PART_NUMBER=7\n", ["CAUSEWAY_PART_NUMBER": "8"]) { settings, _ in
            #expect(settings(Self.number) == 8)
            #expect(settings.explanations.last?.source == "CAUSEWAY_PART_NUMBER")
            #expect(settings(Self.word) == "none")
            #expect(settings.explanations.last?.source == "default")
        }
        try with("CAUSEWAY_PROFILE=development\n") { settings, _ in #expect(settings.profile == .development) }
    }

    @Test func aValueMayStandInAFileOfItsOwn() throws {
        let folder = try TestFolder()
        let path = try folder.write("7\n", to: "number")
        let settings = Settings.of(["CAUSEWAY_PART_NUMBER_FILE": path])
        #expect(settings(Self.number) == 7)
        #expect(settings.explanations.last?.source == "CAUSEWAY_PART_NUMBER_FILE, which names \(path)")
        try with("CAUSEWAY_PART_NUMBER_FILE=\(path)\n") { settings, _ in #expect(settings(Self.number) == 7) }
        // The stronger layer wins, however it gives the value.
        try with("CAUSEWAY_PART_NUMBER=3\n", ["CAUSEWAY_PART_NUMBER_FILE": path]) { settings, _ in
            #expect(settings(Self.number) == 7)
            #expect(faults(of: settings).isEmpty)
        }
    }

    @Test func bothAValueAndItsFileAreAMistake() throws {
        let settings = Settings.of(["CAUSEWAY_PART_WORD": "a", "CAUSEWAY_PART_WORD_FILE": "/nowhere"])
        _ = settings(Self.word)
        #expect(faults(of: settings).count == 1)
        #expect(faults(of: settings).first?.contains("both itself and by its _FILE in the environment") == true)
        try with("CAUSEWAY_PART_WORD=a\nCAUSEWAY_PART_WORD_FILE=/nowhere\n") { settings, path in
            _ = settings(Self.word)
            #expect(faults(of: settings).first?.contains("both itself and by its _FILE in \(path)") == true)
        }
    }

    @Test func everyLineThatSaysNothingIsAFault() throws {
        try with("CAUSEWAY_PART_NUMBER\n=7\nCAUSEWAY_PART_NUMBR=7\nCAUSEWAY_PART_WORD=a\nCAUSEWAY_PART_WORD=b\n") {
            settings, path in
            settings.checkNames(known: [Self.number.declaration, Self.word.declaration]) { _ in false }
            let faults = faults(of: settings)
            #expect(faults.contains("\(path), line 1 is not NAME=value."))
            #expect(faults.contains { $0.hasPrefix("\(path), line 2:") }, "\(faults)")
            #expect(
                faults.contains("\(path), line 3: CAUSEWAY_PART_NUMBR is no setting; CAUSEWAY_PART_NUMBER is one."))
            #expect(faults.contains { $0.hasPrefix("\(path), line 5: CAUSEWAY_PART_WORD stands in line 4 already") })
            #expect(faults.count == 4)
        }
    }

    @Test func unknownVariablesOfTheEnvironmentAreDoubts() throws {
        let settings = Settings.of(["CAUSEWAY_PART_WROD": "a", "CAUSEWAY_TEST_X": "b", "PATH": "/bin"])
        settings.checkNames(known: [Self.word.declaration]) { $0.hasPrefix("CAUSEWAY_TEST_") }
        #expect(settings.warnings == ["CAUSEWAY_PART_WROD is no setting; CAUSEWAY_PART_WORD is one."])
        #expect(faults(of: settings).isEmpty)
    }

    @Test func filesThatCannotBeUsedAreNamed() throws {
        let folder = try TestFolder()
        let large = try folder.write(String(repeating: "x", count: TextFile.bytesMax + 1), to: "large")
        let binary = try folder.write([0xFF, 0xFE], to: "binary")
        let open = try folder.write("secret", to: "open", mode: 0o622)
        for (path, words) in [
            ("/nowhere/at/all", "No such file"), (large, "more than 65536 bytes"), (binary, "UTF-8"),
            (open, "others may write it"), (folder.path, "Is a directory"),
        ] {
            let settings = Settings.of(["CAUSEWAY_PART_SECRET_FILE": path])
            _ = settings(Self.secret)
            let fault = faults(of: settings).first ?? ""
            #expect(fault.hasPrefix("CAUSEWAY_PART_SECRET: "), "\(fault)")
            #expect(fault.contains(path) && fault.contains(words), "\(fault)")
            #expect(faults(of: Settings.of(["CAUSEWAY_SETTINGS_FILE": path])).count == 1, "\(path)")
        }
    }

    @Test func aSecretThatEveryoneReadsIsADoubt() throws {
        let folder = try TestFolder()
        let path = try folder.write("hunter2", to: "secret", mode: 0o644)
        let settings = Settings.of(["CAUSEWAY_PART_SECRET_FILE": path])
        #expect(settings(Self.secret).exposedValue == "hunter2")
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.contains("chmod o-r") == true)
        #expect(faults(of: settings).isEmpty)
    }

    @Test func aRiskIsRefusedOrTakenAndTold() {
        let risk = Setting("allow.part-risk", default: false, "Lets it.")
        func judge(_ environment: [String: String]) -> (faults: [String], warnings: [String]) {
            let settings = Settings.of(environment)
            settings.refuse("CAUSEWAY_PART_WORD=a is unsafe", when: true, unless: risk)
            return (faults(of: settings), settings.warnings)
        }
        #expect(judge([:]).faults == ["CAUSEWAY_PART_WORD=a is unsafe. CAUSEWAY_ALLOW_PART_RISK=true takes the risk."])
        let taken = judge(["CAUSEWAY_ALLOW_PART_RISK": "true"])
        #expect(taken.faults.isEmpty)
        #expect(taken.warnings == ["CAUSEWAY_ALLOW_PART_RISK=true: CAUSEWAY_PART_WORD=a is unsafe."])
        let development = judge(["CAUSEWAY_PROFILE": "development"])
        #expect(development.faults.isEmpty && development.warnings.isEmpty)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.1", true), ("::1", true), ("localhost", true), ("LOCALHOST", true),
        ("a.localhost", true), ("/var/run/postgresql", true), ("127.0.0.1.example", false), ("127.0.0", false),
        ("10.0.0.1", false), ("0.0.0.0", false), ("::", false), ("db", false), ("localhost.example", false),
        ("", false),
    ])
    func whatIsThisMachine(host: String, isLocal: Bool) {
        #expect(Loopback.isLocal(host) == isLocal)
    }
}
