internal import Contract

/// What a relay knows of one topic's log, and what it makes of what it finds there. Pure.
///
///     unknown ──── found none, or any ───► following(generation, last) ──── found as known, or longer ───► the same
///        ▲                                          │
///        └── found none, another generation, ◄──────┘
///            a shorter one, or one without its unconfirmed entries
///
/// A log that is longer than known and of the same generation holds entries of a relay that ended before it wrote them
/// down: they are sent once more, which changes nothing.
struct LogMachine: Hashable {
    /// Nil where the log has to be begun, or found.
    private(set) var known: EventLogState?

    init(known: EventLogState?) {
        self.known = known
    }

    /// What a look at the log tells.
    enum Finding: Hashable {
        /// Nothing that was sent is missing.
        case intact
        /// Everything that is not confirmed must be sent again.
        case lost(LogLoss)
    }

    /// The relay appended; the log is `state` now.
    mutating func appended(_ state: EventLogState) {
        known = state
    }

    /// The relay looked.
    ///
    /// - Parameters:
    ///   - oldest: the first entry that is there, where the relay asked for it.
    ///   - unconfirmed: the first one that must be there.
    mutating func found(
        _ state: EventLogState?, oldest: EventPosition? = nil, unconfirmed: EventPosition? = nil
    ) -> Finding {
        guard let known else {
            self.known = state
            return .intact
        }
        if let loss = Self.loss(from: known, to: state, oldest, unconfirmed) {
            self.known = nil
            return .lost(loss)
        }
        self.known = state
        return .intact
    }

    private static func loss(
        from known: EventLogState, to state: EventLogState?, _ oldest: EventPosition?, _ unconfirmed: EventPosition?
    ) -> LogLoss? {
        guard let state else { return .missing }
        guard state.generation == known.generation else { return .replaced }
        guard state.last >= known.last else { return .shortened }
        guard let unconfirmed else { return nil }
        guard let oldest, oldest <= unconfirmed else { return .trimmed }
        return nil
    }
}

/// How a log lost what it had been given.
package enum LogLoss: String, Sendable, Hashable {
    /// There is no log.
    case missing
    /// It is another log, or its server was started again.
    case replaced
    /// Its end is gone.
    case shortened
    /// Its beginning is gone before it was confirmed.
    case trimmed
}
