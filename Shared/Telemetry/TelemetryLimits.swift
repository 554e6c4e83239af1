/// What logs and metrics may grow to.
package enum TelemetryLimits {
    /// Bytes of one text in a log line, be it the message or a value; the rest is cut.
    package static let logTextBytesMax = 8 << 10

    /// Values nested in a log line's metadata; what is deeper is printed as text.
    package static let logDepthMax = 4

    /// Reasons that one `SampledLog` tells apart; further ones share a budget.
    package static let sampledReasonsMax = 256

    /// Metric families (names) of one registry.
    package static let familiesMax = 500

    /// Series (combinations of label values) of one family: enough for 200 operations in five classes of status.
    /// Further ones share the series `overflow="true"`.
    package static let seriesPerFamilyMax = 1000

    /// Bytes of a label's value; the rest is cut.
    package static let labelValueBytesMax = 128
}
