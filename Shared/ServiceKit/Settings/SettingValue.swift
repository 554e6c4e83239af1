package import Primitives

/// A type that a setting can have.
package protocol SettingValue: Sendable {
    /// Reads the text of an environment variable or a file; nil where it is none of this type.
    init?(settingText: String)
    var settingText: String { get }
    /// What stands in for a value that could not be read, until all faults are told together.
    static var placeholder: Self { get }
}

extension String: SettingValue {
    package init?(settingText: String) { self = settingText }
    package var settingText: String { self }
    package static var placeholder: String { "" }
}

extension Int: SettingValue {
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { String(self) }
    package static var placeholder: Int { 0 }
}

extension Bool: SettingValue {
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { description }
    package static var placeholder: Bool { false }
}

extension Secret: SettingValue where Value == String {
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { description }
    package static var placeholder: Secret<String> { Secret("") }
}

/// Several values, separated by commas.
extension Array: SettingValue where Element: SettingValue {
    package init?(settingText: String) {
        self.init()
        for part in settingText.split(separator: ",") {
            guard let element = Element(settingText: String(part)) else { return nil }
            append(element)
        }
    }

    package var settingText: String { map(\.settingText).joined(separator: ",") }
    package static var placeholder: [Element] { [] }
}

/// Which rules apply to settings that were not given.
package enum Profile: String, SettingValue {
    /// Everything has a value that works on one machine.
    case development
    /// Nothing that is unsafe on a network has a default.
    case production

    package init?(settingText: String) { self.init(rawValue: settingText) }
    package var settingText: String { rawValue }
    package static var placeholder: Profile { .production }
}

/// Where a service listens or is called: `host:port`, an IPv6 host in brackets.
package struct HostPort: SettingValue, Hashable {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(settingText: String) {
        guard let colon = settingText.lastIndex(of: ":"),
            let port = Int(settingText[settingText.index(after: colon)...]), (0...65_535).contains(port)
        else { return nil }
        var host = settingText[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    package var settingText: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package static var placeholder: HostPort { HostPort(host: "localhost", port: 0) }
}
