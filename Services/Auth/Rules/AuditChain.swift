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
        /// The chain does not pass through an end that was noted before: rows were cut off, or all made anew.
        case notThrough(AuditTail, rows: Int)
    }

    package private(set) var tail: AuditTail
    /// An end that was noted elsewhere, and whether it was passed.
    private let noted: AuditTail
    private var hasPassedNoted: Bool

    /// - Parameters:
    ///   - tail: what is trusted already: the empty chain, or an end that was noted elsewhere.
    ///   - noted: an end that was noted elsewhere and that the chain must pass through.
    package init(after tail: AuditTail = .empty, through noted: AuditTail? = nil) {
        self.tail = tail
        self.noted = noted ?? tail
        hasPassedNoted = self.noted == tail
    }

    /// Takes the next row, in order.
    package mutating func append(_ row: AuditRow) throws(Fault) {
        guard row.sequence == tail.sequence + 1 else { throw .gap(after: tail.sequence) }
        guard row.previous == tail.hash else { throw .broken(at: row.sequence) }
        guard row.isSound else { throw .altered(at: row.sequence) }
        tail = row.tail
        if tail == noted { hasPassedNoted = true }
    }

    /// Checks that the rows end where the store says that they do.
    package func finish(recorded: AuditTail) throws(Fault) {
        guard hasPassedNoted else { throw .notThrough(noted, rows: tail.sequence) }
        guard recorded == tail else { throw .end(rows: tail.sequence, recorded: recorded.sequence) }
    }
}

// For the person who keeps the audit.
extension AuditChain.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .gap(let sequence):
            "after row \(sequence) there is no row \(sequence + 1), or there are two of one number."
        case .broken(let sequence): "row \(sequence) does not follow the row before it."
        case .altered(let sequence): "row \(sequence) is not as it was written."
        case .end(let rows, let recorded):
            "the rows end with \(rows), and \(recorded) is recorded as the last one."
        case .notThrough(let tail, let rows):
            rows < tail.sequence
                ? "the rows end with \(rows), and row \(tail.sequence) was there before."
                : "row \(tail.sequence) is not the one that was there before."
        }
    }
}
