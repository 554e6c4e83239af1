import Primitives
import ServiceKit
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
