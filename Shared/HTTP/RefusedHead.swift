/// The head of a request that is answered before any handler sees it, as far as it could be read.
package struct RefusedHead: Sendable {
    /// The status that fits.
    package let status: Int
    /// A word for what is wrong; the client is told.
    package let reason: String
    /// The reason label of the counter.
    package let label: String
    /// What the client claims; nil where that was not read.
    package let method: String?
    /// Since when it came, or was waited for, monotonic nanoseconds; nil where nobody looked.
    package let startedAt: UInt64?

    package init(status: Int, reason: String, label: String, method: String?, startedAt: UInt64?) {
        self.status = status
        self.reason = reason
        self.label = label
        self.method = method
        self.startedAt = startedAt
    }
}
