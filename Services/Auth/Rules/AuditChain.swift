/// Checks that audit rows follow each other unaltered.
package struct AuditChain: Sendable {
    package enum Fault: Error, Sendable, Hashable {
        /// A row is missing, or its number was changed.
        case gap(after: Int)
        /// A row does not name the one before it.
        case broken(at: Int)
        /// A row's content is not what was hashed.
        case altered(at: Int)
        /// The rows end before, or after, the recorded end.
        case end(rows: Int, recorded: Int)
    }

    package private(set) var tail: AuditTail

    /// - Parameter tail: what is trusted already: the empty chain, or an end that was noted elsewhere.
    package init(after tail: AuditTail = .empty) {
        self.tail = tail
    }

    /// Takes the next row, in order.
    package mutating func append(_ row: AuditRow) throws(Fault) {
        guard row.sequence == tail.sequence + 1 else { throw .gap(after: tail.sequence) }
        guard row.previous == tail.hash else { throw .broken(at: row.sequence) }
        guard row.isSound else { throw .altered(at: row.sequence) }
        tail = row.tail
    }

    /// Checks that the rows end where the store says that they do.
    package func finish(recorded: AuditTail) throws(Fault) {
        guard recorded == tail else { throw .end(rows: tail.sequence, recorded: recorded.sequence) }
    }
}
