package import Primitives

/// When signing keys are made, used and forgotten. Pure: keys and the time in, what to do out.
///
/// A key is published at once and signs `lead` later, so that every verifier has it before the first token comes; the
/// very first key signs at once, since there is nothing to hand over from. It signs until its successor does, and stays
/// published `overlap` longer, until no token that it signed is valid any more.
package struct KeySchedule: Sendable, Hashable {
    /// How long a key signs.
    package let period: Duration
    /// How long a key is published before it signs.
    package let lead: Duration
    /// How long a key is published after it signed last: the life of an access token, its leeway, and the time for
    /// which a verifier may hold an old set.
    package let overlap: Duration

    package init(
        period: Duration = .seconds(90 * 86_400), lead: Duration = .seconds(24 * 3600),
        overlap: Duration = .seconds(3600)
    ) {
        self.period = period
        self.lead = lead
        self.overlap = overlap
    }

    /// The times of one key that is still published.
    package struct Key: Sendable, Hashable {
        package let id: String
        package let publishedAt: Timestamp
        package let activeAt: Timestamp

        package init(id: String, publishedAt: Timestamp, activeAt: Timestamp) {
            self.id = id
            self.publishedAt = publishedAt
            self.activeAt = activeAt
        }
    }

    package enum Step: Sendable, Hashable {
        /// Make a key, publish it now, and sign with it from `activeAt`.
        case create(activeAt: Timestamp)
        /// Unpublish the key and forget its private half.
        case retire(id: String)
    }

    /// The key to sign with at `now`; nil where there is none.
    ///
    /// Where all are to sign later only, the clock was set back to before the first: that one signs, since verifiers
    /// have it, and without it nobody could sign in until the clock has caught up.
    package func current(of keys: [Key], at now: Timestamp) -> Key? {
        func isEarlier(_ left: Key, _ right: Key) -> Bool { (left.activeAt, left.id) < (right.activeAt, right.id) }
        return keys.filter { $0.activeAt <= now }.max(by: isEarlier) ?? keys.min(by: isEarlier)
    }

    /// What is due at `now`.
    package func steps(for keys: [Key], at now: Timestamp) -> [Step] {
        guard let current = current(of: keys, at: now) else {
            return keys.isEmpty ? [.create(activeAt: now)] : []
        }
        var steps: [Step] = []
        let end = current.activeAt + period
        let hasSuccessor = keys.contains { $0.activeAt > now }
        if !hasSuccessor, now >= end - lead { steps.append(.create(activeAt: max(end, now + lead))) }
        if now >= current.activeAt + overlap {
            let older = keys.filter { ($0.activeAt, $0.id) < (current.activeAt, current.id) }
            steps += older.map { .retire(id: $0.id) }
        }
        return steps
    }
}
