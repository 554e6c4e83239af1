/// What came of one delivery of an event. Texts hold no values: they go to logs and tables.
package enum EventOutcome: Sendable, Hashable {
    /// It has taken effect now.
    case done
    /// It had taken effect, or had been put aside, before.
    case duplicate
    /// It has not taken effect and may another time.
    case retry(String)
    /// It was put aside.
    case dead(String)
    /// What it needs is away: nothing is known against the event.
    case unavailable(String)
}
