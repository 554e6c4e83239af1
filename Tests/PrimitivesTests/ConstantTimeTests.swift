import Primitives
import Testing

@Suite struct ConstantTimeTests {
    @Test(arguments: [1, 7, 8, 33, 420])
    func everyByteCounts(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(ConstantTime.areEqual(bytes, Array(bytes)))
        for at in 0..<count {
            var other = bytes
            other[at] ^= 1 << UInt8(at % 8)
            #expect(!ConstantTime.areEqual(bytes, other))
        }
        #expect(!ConstantTime.areEqual(bytes, bytes + [0]))
        #expect(!ConstantTime.areEqual(bytes, bytes.dropLast()))
    }

    @Test func emptyIsEmpty() {
        #expect(ConstantTime.areEqual([], [] as [UInt8]))
        #expect(!ConstantTime.areEqual([0], [] as [UInt8]))
    }

    @Test func partsCompareByTheirBytes() {
        let bytes: [UInt8] = [9, 1, 2, 9, 1, 2]
        #expect(ConstantTime.areEqual(bytes[1...2], bytes[4...5]))
        #expect(!ConstantTime.areEqual(bytes[0...1], bytes[1...2]))
    }
}
