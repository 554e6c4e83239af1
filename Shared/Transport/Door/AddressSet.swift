package import Primitives

/// Many blocks of addresses, for one question: is this address in any of them?
package struct AddressSet: Sendable, Hashable {
    // Sorted, and none touches the next.
    private var four: [ClosedRange<UInt128>] = []
    private var six: [ClosedRange<UInt128>] = []

    package init(_ ranges: [AddressRange] = []) {
        four = Self.merged(ranges.filter(\.isIPv4))
        six = Self.merged(ranges.filter { !$0.isIPv4 })
    }

    package var isEmpty: Bool { four.isEmpty && six.isEmpty }

    package func contains(_ address: PeerAddress) -> Bool {
        guard !isEmpty else { return false }
        return switch address.bytes.count {
        case 4: Self.contains(AddressRange.number(address.bytes), four)
        case 16: Self.contains(AddressRange.number(address.bytes), six)
        default: false
        }
    }

    private static func contains(_ number: UInt128, _ ranges: [ClosedRange<UInt128>]) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= number
    }

    private static func merged(_ ranges: [AddressRange]) -> [ClosedRange<UInt128>] {
        var merged: [ClosedRange<UInt128>] = []
        for next in ranges.map(\.numbers).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, next.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, next.upperBound)
            } else {
                merged.append(next)
            }
        }
        return merged
    }
}
