/// What a relay appends events to and consumers read them from: one log for each topic.
///
/// A log may lose what it was given; it must only show that it did, by its generation or by where it ends.
package protocol EventLog: Sendable {
    /// Appends all of `events` in order, where the log is exactly as `expected` says.
    ///
    /// - Parameter expected: nil where no log is known, so that one is begun if there is none.
    func append(
        _ events: [Event], to topic: String, expecting expected: EventLogState?
    ) async throws(EventLogFailure) -> EventLogAppend

    /// Tells how the log is and what its consumers have acknowledged. The log is looked at after the
    /// acknowledgements: where it is still the known one, they are about what it was given.
    func inspect(_ topic: String, consumers: [ServiceName]) async throws(EventLogFailure) -> EventLogInspection

    /// Lets go of entries before `position`, or of some of them.
    func trim(_ topic: String, before position: EventPosition) async throws(EventLogFailure)
}

/// Where an event is in its topic's log: a later one has a larger position, as long as the log lives.
package struct EventPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Before everything.
    package static let zero = EventPosition(major: 0, minor: 0)
    package static let max = EventPosition(major: .max, minor: .max)

    /// The last position before this one.
    package var predecessor: EventPosition {
        if minor > 0 { return EventPosition(major: major, minor: minor - 1) }
        return major > 0 ? EventPosition(major: major - 1, minor: .max) : .zero
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    package var description: String { "\(major)-\(minor)" }
}

/// Which log it is and where it ends.
package struct EventLogState: Sendable, Hashable {
    /// Changes when the log is begun anew, and whenever it may have lost something.
    package let generation: String
    /// Of the last entry that it ever had.
    package let last: EventPosition

    package init(generation: String, last: EventPosition) {
        self.generation = generation
        self.last = last
    }
}

/// What became of an append.
package enum EventLogAppend: Sendable, Hashable {
    /// Where each event is now, and the log after them.
    case appended([EventPosition], EventLogState)
    /// Nothing was appended: the log is another than was expected, or nil where there is none.
    case differs(EventLogState?)
    /// Nothing was appended: the log holds as much as it may until consumers acknowledge.
    case full
}

/// How a log is.
package struct EventLogInspection: Sendable, Hashable {
    /// Nil where there is none.
    package let state: EventLogState?
    /// The first entry that is there.
    package let oldest: EventPosition?
    /// Every consumer has acknowledged everything up to here.
    package let acknowledged: EventPosition

    package init(state: EventLogState?, oldest: EventPosition?, acknowledged: EventPosition) {
        self.state = state
        self.oldest = oldest
        self.acknowledged = acknowledged
    }
}

/// Why a log does not do what it is asked to: it may later.
package struct EventLogFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
