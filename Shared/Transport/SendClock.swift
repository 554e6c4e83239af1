internal import HTTP

/// Decides when a peer takes what waits for it too slowly. A value; time comes with the call.
///
/// Every byte that has gone pays for a while at the floor's pace, for no longer than `sendStall` ahead. So who takes
/// nothing has that long, and who takes a byte now and then has hardly longer.
struct SendClock {
    /// What holds back bytes that are to be sent.
    enum Hold {
        /// There are none.
        case nothing
        /// The peer, that does not take them.
        case peer
        /// What has a clock of its own: the connection, of a stream.
        case other
    }

    private var lookedAt: UInt64?
    private var unpaidNanoseconds: UInt64 = 0
    private var sentBytes: UInt64 = 0
    /// Where in the connection's output the last bytes stand that were seen to go there.
    private var sentUpTo: UInt64 = 0

    /// Whether the peer has held bytes back for too long. Says so once, and then begins anew. Called at every sweep.
    ///
    /// - Parameter sentBytes: all that ever went.
    mutating func isStalled(_ hold: Hold, sentBytes: UInt64, _ limits: HTTPLimits, now: UInt64) -> Bool {
        let passed = now - min(lookedAt ?? now, now)
        let gone = sentBytes - min(self.sentBytes, sentBytes)
        lookedAt = now
        self.sentBytes += gone
        switch hold {
        case .nothing: unpaidNanoseconds = 0
        case .peer: unpaidNanoseconds += passed
        case .other: break
        }
        if gone > 0 {
            let floor = UInt64(max(0, limits.bodyFloorBytesPerSecond))
            // A second each for more bytes than anybody waits for is enough, and does not overflow.
            let paid = floor > 0 ? min(gone, UInt64(UInt32.max)) * 1_000_000_000 / floor : .max
            unpaidNanoseconds -= min(paid, unpaidNanoseconds)
        }
        guard unpaidNanoseconds >= limits.sendStall.nanosecondsClamped else { return false }
        unpaidNanoseconds = 0
        return true
    }

    /// Whether bytes of a stream are still in its connection's output, so that its client cannot have taken them.
    ///
    /// - Parameters:
    ///   - sentBytes: all that the stream ever gave to the output.
    ///   - written: all that ever came into the output, and what of it the socket has taken.
    mutating func isUnderWay(sentBytes: UInt64, written: UInt64, taken: UInt64) -> Bool {
        if sentBytes > self.sentBytes { sentUpTo = written }
        return sentUpTo > taken
    }
}
