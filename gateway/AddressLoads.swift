internal import Synchronization
internal import Transport

/// How many requests each address has in flight, counted in a table of fixed size, without locks.
///
/// Each address counts in two places that depend on its bytes and on this process's seed, and has too much in flight
/// where both say so. So nobody is let off, and to be refused for what others do an address must share one place each
/// with two that are at the limit: a count-min sketch (Cormode and Muthukrishnan, 2005) of two rows.
final class AddressLoads: Sendable {
    private static var places: Int { 4096 }

    private let first = InlineArray<4096, Atomic<Int>> { _ in Atomic(0) }
    private let second = InlineArray<4096, Atomic<Int>> { _ in Atomic(0) }
    /// Requests that one address may have in flight.
    private let requestsMax: Int

    init(requestsMax: Int) {
        self.requestsMax = requestsMax
    }

    /// Where an address counts.
    struct Place: Sendable {
        fileprivate let first: Int
        fileprivate let second: Int

        fileprivate init(_ address: PeerAddress) {
            var hasher = Hasher()
            let bytes = address.limitBytes
            hasher.combine(bytes.reduce(UInt64(bytes.count)) { $0 << 8 | UInt64($1) })
            let hash = UInt(bitPattern: hasher.finalize())
            first = Int(hash % UInt(places))
            second = Int((hash >> 32) % UInt(places))
        }
    }

    /// Counts one more, until `end`; nil where the address has as many as it may.
    func begin(_ address: PeerAddress) -> Place? {
        let place = Place(address)
        let before = (
            first[place.first].wrappingAdd(1, ordering: .relaxed).oldValue,
            second[place.second].wrappingAdd(1, ordering: .relaxed).oldValue
        )
        guard min(before.0, before.1) >= requestsMax else { return place }
        end(place)
        return nil
    }

    func end(_ place: Place) {
        first[place.first].wrappingSubtract(1, ordering: .relaxed)
        second[place.second].wrappingSubtract(1, ordering: .relaxed)
    }
}
