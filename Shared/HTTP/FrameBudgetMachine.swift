/// Judges the frames of one HTTP/2 connection: each costs the receiver something, and a peer whose frames
/// are mostly cost is told to calm down.
///
/// A value without I/O: events in, a verdict out. Time is monotonic nanoseconds and comes with the event.
/// Rapid Reset is CVE-2023-44487, resets provoked by bad frames (MadeYouReset) are CVE-2025-8671; the
/// other floods are CVE-2019-9511 to 9518. nghttp2's own limits stand behind these as a back-stop.
package struct FrameBudgetMachine: Sendable {
    package enum Event: Sendable, Equatable {
        case streamOpened
        /// A stream ran its course: request read, response sent.
        case streamUseful
        /// RST_STREAM came in.
        case resetReceived
        /// The peer broke a rule such that RST_STREAM had to be sent.
        case resetProvoked
        case ping
        case settings
        case priority
        case windowUpdate
        case dataSent
        case dataReceived(bytes: Int, endsStream: Bool)
        /// Frames that mean nothing here: of unknown types, or DATA of streams that are over.
        case skipped(bytes: Int)
    }

    /// What ran out; the raw value is the reason label of the counter.
    package enum Reason: String, Sendable, CaseIterable {
        case resets = "http2-resets"
        case resetRate = "http2-reset-rate"
        case pings = "http2-pings"
        case settings = "http2-settings"
        case priority = "http2-priority"
        case windowUpdates = "http2-window-updates"
        case tinyData = "http2-tiny-data"
        case emptyData = "http2-empty-data"
        case skippedFrames = "http2-skipped-frames"
        case continuations = "http2-continuations"
        case headerBytes = "http2-header-bytes"
        case headerFields = "http2-too-many-fields"
        /// More streams than were allowed.
        case streams = "http2-streams"
        /// Fewer streams than before, since the process has more to do than it can.
        case strainedStreams = "http2-strained-streams"
        /// More of a request than is dropped behind its answer, or for too long, or a silence in it.
        case earlyAnswerBytes = "http2-early-answer-bytes"
        case earlyAnswerTime = "http2-early-answer-time"
        case earlyAnswerIdle = "http2-early-answer-idle"
        /// More answers to control frames than the peer takes.
        case controlFrames = "http2-control-frames"
    }

    private let limits: FrameBudgetLimits
    private var budget: Int
    private var resets: RateWindow
    private var pings: RateWindow
    private var settings: RateWindow
    private var priorityFrames = 0
    private var windowUpdates = 0
    private var dataDeficitBytes = 0
    private var emptyData = 0
    private var skippedBytes = 0

    package init(_ limits: FrameBudgetLimits) {
        self.limits = limits
        budget = limits.wastedStreamsMax
        resets = RateWindow(max: limits.resetsMax, period: limits.resetsPeriod)
        pings = RateWindow(max: limits.pingsPerSecondMax, period: .seconds(1))
        settings = RateWindow(max: limits.settingsPerSecondMax, period: .seconds(1))
    }

    /// Nil while all is well; a reason means GOAWAY ENHANCE_YOUR_CALM.
    package mutating func note(_ event: Event, now: UInt64) -> Reason? {
        switch event {
        case .streamOpened:
            priorityFrames -= limits.priorityFramesPerStream
            windowUpdates -= limits.windowUpdatesPerStream
            skippedBytes -= limits.skippedBytesPerStream
            clampCredits()
        case .streamUseful:
            budget = min(budget + 1, limits.wastedStreamsMax)
            emptyData = max(0, emptyData - 1)
        case .resetReceived, .resetProvoked:
            budget -= 1
            if budget <= 0 { return .resets }
            if !resets.admit(now: now) { return .resetRate }
        case .ping:
            if !pings.admit(now: now) { return .pings }
        case .settings:
            if !settings.admit(now: now) { return .settings }
        case .priority:
            priorityFrames += 1
            if priorityFrames > limits.priorityFramesMax { return .priority }
        case .windowUpdate:
            windowUpdates += 1
            if windowUpdates > limits.windowUpdatesMax { return .windowUpdates }
        case .dataSent:
            windowUpdates -= limits.windowUpdatesPerDataFrame
            clampCredits()
        case .dataReceived(let bytes, let endsStream):
            return noteData(bytes: bytes, endsStream: endsStream)
        case .skipped(let bytes):
            skippedBytes += bytes
            if skippedBytes > limits.skippedBytesMax { return .skippedFrames }
        }
        return nil
    }

    private mutating func noteData(bytes: Int, endsStream: Bool) -> Reason? {
        // The last frame of a stream may be as small as it likes: a stream has only one.
        if endsStream { return nil }
        if bytes == 0 {
            emptyData += 1
            return emptyData > limits.emptyDataFramesMax ? .emptyData : nil
        }
        if bytes >= limits.dataFrameBytesMin { emptyData = max(0, emptyData - 1) }
        dataDeficitBytes = max(0, dataDeficitBytes + limits.dataFrameBytesMin - bytes)
        return dataDeficitBytes > limits.dataDeficitBytesMax ? .tinyData : nil
    }

    /// Credit is not saved up without end, or an old connection could flood at will.
    private mutating func clampCredits() {
        priorityFrames = max(priorityFrames, -limits.priorityFramesMax)
        windowUpdates = max(windowUpdates, -limits.windowUpdatesMax)
        skippedBytes = max(skippedBytes, -limits.skippedBytesCreditMax)
    }
}
