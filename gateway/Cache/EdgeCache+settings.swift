internal import ServiceKit

extension EdgeCache {
    private static let answerSetting = Setting(
        "gateway.cache-answer-bytes-max", default: Machine.Settings().answerBytesMax, in: 1024...1 << 30,
        "The largest body of an answer that the edge keeps, in bytes; less where a quarter of its part of the cache is "
            + "less, of which there are up to eight.")
    private static let waitersSetting = Setting(
        "gateway.cache-waiters-max", default: Machine.Settings().waitersMax, in: 1...1_000_000,
        "Requests that may wait for an answer that another asks for, in each of up to eight parts of the cache.")
    private static let refreshesSetting = Setting(
        "gateway.cache-refreshes-max", default: Machine.Settings().refreshesMax, in: 0...100_000,
        "Answers that are asked for behind stale ones at a time.")

    /// What of the cache is set, beside its size.
    static func settings(_ settings: Settings) -> Machine.Settings {
        var machine = Machine.Settings()
        machine.answerBytesMax = settings(answerSetting)
        machine.waitersMax = settings(waitersSetting)
        machine.refreshesMax = settings(refreshesSetting)
        return machine
    }
}
