import AuthService
import Contract
import Protocol
import Testing

@Suite struct PasswordRulesTests {
    static let rules = PasswordRules(
        codePointsMin: 15, common: CommonPasswords(source: "test", ["Correct Horse Battery", "short"]))

    static func codes(_ password: String, name: String? = "Grace Brewster Hopper") throws -> [String] {
        let email = try #require(EmailAddress("Grace.Hopper@example.com"))
        let faults = rules.faults(of: password, email: email, displayName: name, serviceName: "Example Publishing")
        #expect(faults.allSatisfy { $0.place == .body(pointer: "/password") })
        return faults.map(\.code)
    }

    @Test(arguments: [
        ("a quite ordinary sentence", []),
        ("fourteen chars", ["length"]),
        ("fifteen  chars!", []),
        ("短い", ["length"]),
        ("これは十五文字の合言葉ですよね。", []),
        (String(repeating: "x y", count: 43), ["length"]),
        ("correct HORSE battery", ["common"]),
        ("Short", ["length", "common"]),
        ("GRACE.hopper@example.COM", ["same-as-email"]),
        ("grace.hopper", ["length", "same-as-email"]),
        ("grace brewster-hopper", ["same-as-name"]),
        ("example publishing", ["same-as-service"]),
        ("causeway", ["length", "same-as-service"]),
        ("  leading and trailing  ", []),
    ])
    func whatIsWrong(_ password: String, _ expected: [String]) throws {
        #expect(try Self.codes(password) == expected)
    }

    /// Names, and a password that is the name or what a handle is made of it.
    @Test(arguments: [
        ("Jürgen Großmann-Weiß", "jurgen-grossmann-weiss"), ("Jürgen Großmann-Weiß", "Jürgen Großmann Weiß"),
        ("Александр Пушкин", "aleksandr-pushkin"), ("Александр Пушкин", "александр пушкин"),
        ("Ελευθέριος Βενιζέλος", "Eleytherios Venizelos"), ("Þórbjörg Ægisdóttir", "thorbjorg aegisdottir"),
        ("Bartholomew Featherstonehaugh-Cholmondeley", "bartholomew-featherstonehaugh"),
        ("Bartholomew Featherstonehaugh-Cholmondeley", "bartholomew.featherstonehaugh.cholmondeley"),
    ])
    func theHandleToComeIsANameToo(_ name: String, _ password: String) throws {
        #expect(try Self.codes(password, name: name) == ["same-as-name"])
    }

    /// What handles have no letters for does not make a password a name.
    @Test(arguments: [("山田太郎", "これは十五文字の合言葉ですよね。"), ("Ann 山田", "ann これは十五文字の合言葉ですよね。")])
    func lettersThatHandlesLackCount(_ name: String, _ password: String) throws {
        #expect(try Self.codes(password, name: name) == [])
    }

    @Test func theServiceNameIsComparedAsAName() throws {
        let rules = PasswordRules(codePointsMin: 8, common: CommonPasswords(source: "test", []))
        let email = try #require(EmailAddress("a@example.com"))
        let faults = rules.faults(of: "My-Service", email: email, displayName: nil, serviceName: "My Service")
        #expect(faults.map(\.code) == ["same-as-service"])
    }

    @Test func theBuiltInListHoldsLongOnesToo() {
        let common = CommonPasswords(path: "/nonexistent")
        #expect(common.source.hasPrefix("built in"))
        for password in ["password", "qwertyuiop123456", "passwordpassword", "111111111111111", "123456789012345"] {
            #expect(common.contains(password))
        }
        #expect(!common.contains("a quite ordinary sentence"))
    }
}
