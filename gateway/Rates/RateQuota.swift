internal import RateLimiting
internal import ServiceKit

/// How many calls a rate class allows in which time, and how many of them at once: `600/min,burst=120`.
package struct RateQuota: SettingValue, Hashable {
    /// A time that calls are counted for.
    package enum Window: String, Sendable {
        case second = "s"
        case minute = "min"
        case hour = "h"
        case day = "d"

        var seconds: Int {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3600
            case .day: 86_400
            }
        }
    }

    static let callsMax = 1_000_000

    let calls: Int
    let window: Window
    /// From 1 to `calls`.
    let burst: Int

    /// - Parameter burst: at most `calls`, which it is where none is given.
    init(_ calls: Int, per window: Window, burst: Int? = nil) {
        self.calls = calls
        self.window = window
        self.burst = min(burst ?? calls, calls)
    }

    package init?(settingText: String) {
        let parts = settingText.split(separator: ",", omittingEmptySubsequences: false)
        let rate = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, rate.count == 2, let calls = Int(rate[0]), (1...Self.callsMax).contains(calls),
            let window = Window(rawValue: String(rate[1]))
        else { return nil }
        guard parts.count == 2 else {
            self.init(calls, per: window)
            return
        }
        let name = "burst="
        guard parts[1].hasPrefix(name), let burst = Int(parts[1].dropFirst(name.count)), (1...calls).contains(burst)
        else { return nil }
        self.init(calls, per: window, burst: burst)
    }

    package var settingText: String {
        let rate = "\(calls)/\(window.rawValue)"
        return burst == calls ? rate : "\(rate),burst=\(burst)"
    }

    package static var placeholder: RateQuota { RateQuota(1, per: .minute) }

    var limit: GCRA {
        GCRA(limit: Int64(calls), per: .seconds(window.seconds), burst: Int64(burst)) ?? .perMinute(Int64(calls))
    }

    /// Whether it allows more than so many times what `other` does, in the long run or at once.
    func exceeds(_ other: RateQuota, times: Int) -> Bool {
        calls * other.window.seconds > times * other.calls * window.seconds || burst > times * other.burst
    }

    /// - Parameter factor: less than 1 counts as 1.
    static func * (quota: RateQuota, factor: Int) -> RateQuota {
        let factor = max(1, factor)
        return RateQuota(quota.calls * factor, per: quota.window, burst: quota.burst * factor)
    }
}
