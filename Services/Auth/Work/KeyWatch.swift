internal import Logging

/// Keeps the signing keys current: makes and retires them when due, and takes over what other processes made.
struct KeyWatch: Sendable {
    let keys: SigningKeys
    let logger: Logger

    /// Works until cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await keys.refresh()
            } catch {
                logger.warning("signing keys were not refreshed", metadata: ["reason": "\(error)"])
            }
            try? await Task.sleep(for: SigningKeys.refreshInterval)
        }
    }
}
