internal import ServiceKit

/// How many credentials the edge remembers, and for how long.
struct IdentityMemory: Sendable {
    /// Access tokens that were good.
    var tokensMax = 20_000
    /// API keys that were good.
    var apiKeysMax = 10_000
    /// What was refused, of tokens and of API keys each.
    var refusalsMax = 1000
    /// How long a good one is believed without a new look at it. What is only found out by looking, such as a key that
    /// is no longer published, goes unseen for so long.
    var time: Duration = .seconds(60)
}

extension IdentityMemory {
    private static let tokensSetting = Setting(
        "gateway.tokens-remembered-max", default: IdentityMemory().tokensMax, in: 2...10_000_000,
        "Access tokens that are remembered as good.")
    private static let apiKeysSetting = Setting(
        "gateway.api-keys-remembered-max", default: IdentityMemory().apiKeysMax, in: 2...10_000_000,
        "API keys that are remembered as good.")
    private static let refusalsSetting = Setting(
        "gateway.refusals-remembered-max", default: IdentityMemory().refusalsMax, in: 2...10_000_000,
        "Access tokens, and as many API keys, that are remembered as refused.")
    private static let timeSetting = Setting(
        "gateway.credential-memory-seconds", default: 60, in: 1...60,
        "How long a token or API key is believed without a new look at it, in seconds; revocations count at once.")

    init(_ settings: Settings) {
        tokensMax = settings(Self.tokensSetting)
        apiKeysMax = settings(Self.apiKeysSetting)
        refusalsMax = settings(Self.refusalsSetting)
        time = .seconds(settings(Self.timeSetting))
    }
}
