/// Where a reader stands in a stream, and whether entries went by that it has not seen. Pure.
///
/// A stream is a copy of a truth that lies elsewhere, and it can be trimmed before it was read, emptied, or gone with
/// the server's memory and begun anew. Redis counts all entries that were ever added; the reader counts those that it
/// was given, and compares.
struct StreamPosition: Hashable {
    /// The last entry that was seen.
    private(set) var id: StreamID
    /// Which entry of the stream that was, counted from 1; nil: not known.
    private(set) var ordinal: Int64?

    /// After everything that is there; `info` is nil where there is no stream.
    init(afterAllOf info: StreamInfo?) {
        id = info?.last ?? .zero
        ordinal = info == nil ? 0 : info?.entriesAdded
    }

    /// After `id`, whose place is found by `check`.
    init(after id: StreamID) {
        self.id = id
        ordinal = id == .zero ? 0 : nil
    }

    /// These entries were read, in order.
    mutating func advance(over entries: [StreamEntry]) {
        guard let last = entries.last else { return }
        id = last.id
        ordinal = ordinal.map { $0 + Int64(entries.count) }
    }

    /// Compares with what the stream says of itself after the last read; nil: nothing was lost.
    ///
    /// It errs on the side of telling: an entry that was deleted by itself also counts as lost.
    mutating func check(_ info: StreamInfo?) -> StreamLoss? {
        guard let info else {
            guard id != .zero else { return nil }
            (id, ordinal) = (.zero, 0)
            return .missing
        }
        if info.last < id {
            (id, ordinal) = (.zero, 0)
            return .replaced
        }
        if info.last == id {
            defer { ordinal = info.entriesAdded }
            guard let ordinal, let added = info.entriesAdded, added != ordinal else { return nil }
            return added < ordinal ? .replaced : .trimmed
        }
        // Entries wait to be read. Those that are gone are the first ones.
        let gone = info.entriesAdded.map { $0 - info.length }
        if let ordinal, let gone {
            guard gone > ordinal else { return nil }
            self.ordinal = info.first.map { id < $0 } ?? false ? gone : nil
            return .trimmed
        }
        guard info.first.map({ id < $0 }) ?? true else { return nil }
        ordinal = gone
        return .trimmed
    }
}

/// Why what a reader was given is not the whole story: fetch the truth from where it is kept.
package enum StreamLoss: Hashable, Sendable {
    /// Entries were removed before they were read.
    case trimmed
    /// The stream is gone; a new one is read from its beginning.
    case missing
    /// The stream is a new one; it is read from its beginning.
    case replaced
}
