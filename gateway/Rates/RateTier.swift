internal import ServiceKit

/// What the limits of those who hold a role, or an API key of a tier, are multiplied by.
package struct RateTier: SettingValue, Hashable {
    /// A role's or a tier's name.
    package let name: String
    package let factor: Int

    static let factorMax = 1000

    /// `name=factor`.
    package init?(settingText: String) {
        let parts = settingText.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let factor = Int(parts[1]), (1...Self.factorMax).contains(factor)
        else { return nil }
        name = String(parts[0])
        self.factor = factor
    }

    package var settingText: String { "\(name)=\(factor)" }
    package static var placeholder: RateTier { RateTier(name: "", factor: 1) }

    private init(name: String, factor: Int) {
        self.name = name
        self.factor = factor
    }
}
