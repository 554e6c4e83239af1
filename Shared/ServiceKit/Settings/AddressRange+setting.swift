package import Primitives

extension AddressRange: SettingValue {
    package init?(settingText: String) { self.init(settingText) }
    package var settingText: String { description }
    package static var placeholder: AddressRange {
        guard let range = AddressRange("127.0.0.1") else { preconditionFailure("a loopback address is one") }
        return range
    }
}
