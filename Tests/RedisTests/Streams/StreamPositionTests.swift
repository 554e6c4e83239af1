import Testing

@testable import Redis

@Suite struct StreamPositionTests {
    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    private func info(first: UInt64?, last: UInt64, length: Int64, added: Int64?) -> StreamInfo {
        var info = StreamInfo()
        info.first = first.map { id($0) }
        info.last = id(last)
        info.length = length
        info.entriesAdded = added
        return info
    }

    private func entries(_ numbers: ClosedRange<UInt64>) -> [StreamEntry] {
        numbers.map { StreamEntry(id: id($0), fields: []) }
    }

    /// What is said of a reader that has seen the entries 1 to 10, the tenth of the stream being the last.
    private func loss(reading next: ClosedRange<UInt64>?, then info: StreamInfo?) -> StreamLoss? {
        var position = StreamPosition(afterAllOf: self.info(first: 1, last: 10, length: 10, added: 10))
        if let next { position.advance(over: entries(next)) }
        return position.check(info)
    }

    @Test func saysNothingWhileNothingIsLost() {
        #expect(loss(reading: nil, then: info(first: 1, last: 10, length: 10, added: 10)) == nil)
        #expect(loss(reading: 11...12, then: info(first: 1, last: 12, length: 12, added: 12)) == nil)
        // Trimmed after it was read, all of it or some.
        #expect(loss(reading: 11...12, then: info(first: nil, last: 12, length: 0, added: 12)) == nil)
        #expect(loss(reading: 11...12, then: info(first: 9, last: 15, length: 7, added: 15)) == nil)
        #expect(loss(reading: nil, then: info(first: 11, last: 15, length: 5, added: 15)) == nil)
    }

    @Test func noticesWhatWasTrimmedUnread() {
        #expect(loss(reading: nil, then: info(first: 12, last: 15, length: 4, added: 15)) == .trimmed)
        // It jumped from 10 to 13 while entries went by.
        #expect(loss(reading: 13...15, then: info(first: 13, last: 15, length: 3, added: 15)) == .trimmed)
        #expect(loss(reading: nil, then: info(first: nil, last: 15, length: 0, added: 15)) == .trimmed)
    }

    @Test func noticesAnotherStream() {
        #expect(loss(reading: nil, then: nil) == .missing)
        #expect(loss(reading: nil, then: info(first: 3, last: 4, length: 2, added: 2)) == .replaced)
        // Begun anew, with later times than before.
        #expect(loss(reading: 20...21, then: info(first: 20, last: 21, length: 2, added: 2)) == .replaced)
    }

    @Test func tellsOnceAndGoesOn() {
        var position = StreamPosition(afterAllOf: info(first: 1, last: 10, length: 10, added: 10))
        #expect(position.check(nil) == .missing)
        #expect(position.check(nil) == nil)
        #expect(position.id == .zero)
        position.advance(over: entries(20...21))
        #expect(position.check(info(first: 20, last: 21, length: 2, added: 2)) == nil)
        #expect(position.check(info(first: 24, last: 25, length: 2, added: 6)) == .trimmed)
        position.advance(over: entries(24...25))
        #expect(position.check(info(first: 24, last: 25, length: 2, added: 6)) == nil)
    }

    @Test func findsItsPlaceAfterAGivenEntry() {
        var known = StreamPosition(after: id(5))
        #expect(known.check(info(first: 5, last: 9, length: 5, added: 9)) == nil)
        known.advance(over: entries(6...9))
        #expect(known.check(info(first: 5, last: 9, length: 5, added: 9)) == nil)
        #expect(known.ordinal == 9)
        var gone = StreamPosition(after: id(5))
        #expect(gone.check(info(first: 7, last: 9, length: 3, added: 9)) == .trimmed)
        gone.advance(over: entries(7...9))
        #expect(gone.check(info(first: 7, last: 9, length: 3, added: 9)) == nil)
        var fresh = StreamPosition(after: .zero)
        #expect(fresh.check(nil) == nil)
        #expect(fresh.check(info(first: 1, last: 2, length: 2, added: 2)) == nil)
        var old = StreamPosition(afterAllOf: info(first: 1, last: 10, length: 10, added: nil))
        #expect(old.check(info(first: 1, last: 12, length: 12, added: nil)) == nil)
        #expect(old.check(info(first: 11, last: 12, length: 2, added: nil)) == .trimmed)
    }
}
